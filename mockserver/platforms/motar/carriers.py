"""Where MOTAR's credentials travel, and the pages its routes stand on."""

from __future__ import annotations

from mockserver.wire import Carrier

CLIENT_ID = Carrier("client_id", "parameter", ("client_id", "clientId"))
CODE = Carrier("code", "parameter", ("code",))
DEVICE_CODE = Carrier("device_code", "parameter", ("device_code",))
USER_CODE = Carrier("device_code", "parameter", ("user_code",))
REFRESH = Carrier("refresh_token", "parameter", ("refresh_token",))
AUTHORIZATION = Carrier("access_token", "authorization")

ATO_PAGE = "docs: ATO plugin page"
OAUTH_PAGE = "docs: OAuth API page"
