"""What people do in Akana's portal: no vendor API documents these.

Where an argument names somebody or something, an id or a name will do (for people a mail address, for
versions `app/version`); left out, it is the only one there is. `by` is who acts.
"""

from __future__ import annotations

from mockserver.platforms.akana.actions.apps import APPS
from mockserver.platforms.akana.actions.people import PEOPLE
from mockserver.platforms.akana.actions.reading import READING
from mockserver.platforms.akana.actions.workflows import WORKFLOWS
from mockserver.platforms.akana.notifications import send_notifications
from mockserver.platforms.akana.registration import client_registration_answered

ACTIONS = (*PEOPLE, *APPS, *WORKFLOWS, *READING, send_notifications, client_registration_answered)
