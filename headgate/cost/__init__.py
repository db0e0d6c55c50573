"""What a plan would cost a month: reading a price table, and arithmetic. Knows no stack and no engine."""
