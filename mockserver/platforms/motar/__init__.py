"""MOTAR: single sign-on, ATO plugins, the webhooks it sends and the Studio actions behind them."""
