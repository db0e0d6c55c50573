# METADATA
# scope: subpackages
# title: Rules
# description: What is common to all rules, which is only the form of their input.
# schemas:
#   - input: schema.rule_input
package rules
