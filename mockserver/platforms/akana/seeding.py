"""Puts a fixture file into a world."""

from __future__ import annotations

import msgspec

from mockserver.platforms.akana import boards, contracts, definitions, lifecycle, makers
from mockserver.platforms.akana.fixture_file import (
    ApiSeed,
    AppSeed,
    ChosenSeed,
    ConnectionSeed,
    FixtureFile,
    TemplateSeed,
)
from mockserver.platforms.akana.models import API_VERSIONS, APIS, APP_VERSIONS, USERS, Business, User
from mockserver.platforms.akana.models_work import TEMPLATES, Template
from mockserver.world.world import World


class Seeding:
    """One fixture, with the XML of its workflows in it, on its way into one world."""

    def __init__(self, world: World, file: FixtureFile) -> None:
        self.world = world
        self.file = file
        self.groups: dict[str, str] = {}

    def everything(self) -> None:
        """Put all of it into the open transaction: people before what they look after, APIs before apps."""
        root = makers.root_business(self.world)
        for template in self.file.templates:
            self._template(template)
        for name in self.file.boards:
            boards.make_board(self.world, name)
        businesses = [(seed, makers.make_business(self.world, name=seed.name)) for seed in self.file.businesses]
        for seed, business in businesses:
            for user in seed.users:
                makers.make_user(self.world, business=business, **msgspec.structs.asdict(user))
        for group in self.file.groups:
            leaders, members = self._ids(group.leaders), self._ids(group.members)
            made = makers.make_group(self.world, name=group.name, kind="independent", leaders=leaders, members=members)
            self.groups[group.name] = made.id
        for workflow in self.file.workflows:
            definitions.upload(
                self.world,
                name=workflow.name,
                description=workflow.description,
                type=workflow.object_type,
                xml=workflow.xml or "",
                business=root,
            )
        for seed, business in businesses:
            self._choices(seed.workflows, business)
            for api in seed.apis:
                self._api(api, business)
        for seed, business in businesses:
            for app in seed.apps:
                self._app(app, business)

    def _user(self, email: str) -> User:
        user = self.world[USERS].first("email", email)
        assert user is not None, "who is named was found when the file was read"
        return user

    def _ids(self, emails: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._user(each).id for each in emails)

    def _template(self, seed: TemplateSeed) -> None:
        self.world[TEMPLATES].put(
            Template(
                id=seed.id,
                kind=seed.kind,
                title=seed.title,
                text=seed.text,
                mail_subject=seed.mail_subject or seed.title,
                mail_body=seed.mail_body or seed.text,
            )
        )

    def _choices(self, seed: ChosenSeed, business: Business) -> None:
        if seed.app_versions is not None:
            definitions.choose_app_workflow(self.world, business, seed.app_versions)
        if seed.sandbox_contracts is not None:
            definitions.choose_contract_workflow(self.world, business, "Sandbox", seed.sandbox_contracts)
        if seed.production_contracts is not None:
            definitions.choose_contract_workflow(self.world, business, "Production", seed.production_contracts)

    def _api(self, seed: ApiSeed, business: Business) -> None:
        api = makers.make_api(
            self.world,
            name=seed.name,
            business=business,
            admins=self._ids(seed.admins),
            description=seed.description,
            visibility=seed.visibility,
            invited=tuple(self.groups.get(each) or self._user(each).id for each in seed.invited),
        )
        for version in seed.versions:
            makers.make_api_version(self.world, api, **msgspec.structs.asdict(version))

    def _app(self, seed: AppSeed, business: Business) -> None:
        creator = self._user(seed.team[0])
        app = makers.make_app(
            self.world, name=seed.name, business=business, creator=creator, description=seed.description
        )
        for email in seed.team[1:]:
            makers.add_member(self.world, app.team, self._user(email))
        literal = self.world.keeps_literal_credentials
        for each in seed.versions:
            version = lifecycle.create_version(
                self.world,
                creator,
                app,
                name=each.name,
                description=each.description,
                identity=each.identity if literal else None,
                shared_secret=each.shared_secret if literal else None,
            )
            for connection in each.connections:
                self._connect(version.id, creator, connection)

    def _connect(self, version_id: str, creator: User, seed: ConnectionSeed) -> None:
        api = self.world[APIS].first("name", seed.api)
        versions = self.world[API_VERSIONS].find("api", api.id) if api is not None else []
        api_version = next(each for each in reversed(versions) if seed.version in (None, each.name))
        contract = contracts.create(
            self.world,
            self.world[APP_VERSIONS][version_id],
            api_version,
            seed.environment,
            user=creator,
            requested_by=creator.id,
        )
        if seed.activated:
            contracts.force(self.world, contract, "activate")
