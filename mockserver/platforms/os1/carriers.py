"""Where OS1's credentials travel, and the pages its routes stand on."""

from __future__ import annotations

from mockserver.wire import Carrier

DEVELOPER_HEADER = "x-developerplatform-access"
CORE_HEADER = "x-coreos-access"
REQUEST_ID = "x-coreos-request-id"
TENANT_ID = "x-coreos-tid"
ADMIN_KEY = "x-auth-key"

DEVELOPER = Carrier("access_token", "header", (DEVELOPER_HEADER,))
CORE = Carrier("access_token", "header", (CORE_HEADER,))
CLIENT_ID = Carrier("client_id", "parameter", ("clientId",))

ONBOARDING_PAGE = "docs: onboarding apps and solutions"
REFERENCE = "docs: developer API reference"
GUIDES = "docs: guides of the developer platform"
AAA_SPEC = "reference repository: AAA API description"
EXT_AUTH_SPEC = "reference repository: external authorizer API description"
