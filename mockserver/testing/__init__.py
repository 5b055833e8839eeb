"""What stands behind the fixtures of `mockserver.pytest_plugin`; imported when one of them is used."""
