"""The pack's entry: a language host runs this file, and it serves the gate. All else is `headgate.gate.update`."""

import sys
from pathlib import Path

# A checkout that was not installed serves its own gate.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from headgate.cli.check_facts import facts_of_environment
from headgate.cli.check_rules import rules_of_environment
from headgate.gate.update.serve import serve

serve(facts_of_environment, rules_of_environment)
