"""OS1: the developer platform that onboards apps and solutions to tenants, and the AAA layer underneath."""
