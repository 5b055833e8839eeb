"""Every name on the vendor's page about the app version workflow."""

from __future__ import annotations

PAGE = {
    "functions": (
        "cloneAllAPIContracts activateAllAPIContractsInEnvironment cancelAllAPIContractsInEnvironment sendNotification "
        "deleteAppVersion addBoardItem syncAppVersionOAuthClient notifyAppVersionDeleteToOAuthClient"
    ),
    "conditions": (
        "isAppTeamMemberUserLeaderOfAnyOtherGroup atleastOneValidAPIContractInEnvironment "
        "allAPIContractsInEnvironmentApproved existAPIContractsForAllAPIsInEnvironments authorizeByAtmosphereRole"
    ),
    "variables": (
        "app.dn app.team.group.dn app.version.dn app.version.name business.dn connected.apis.admin.groups "
        "connected.apiversion.ids connected.apis.id connected.apis.ids"
    ),
    "reserved": (
        "@Modify @Delete @KeyInfoRemoved @KeyInfoSaved @RegeneratedSecret reserved-allow-cert-upload "
        "reserved-connect-to-api reserved-connect-to-api.Sandbox reserved-connect-to-api.Production "
        "reserved-approve-api-connection.Production reserved-cancel-api-connection.Sandbox "
        "reserved-cancel-api-connection @ModifyCert @RemoveCert @EditApp @RegenerateSecret @AddVersion "
        "@EditPublicProfile @EditOAuthDetails reserved-allow-oauth-auz-details-update reserved-action-modify"
    ),
}
