"""Businesses, people and groups, and signing somebody in."""

from __future__ import annotations

from mockserver.platforms.akana import boards, ids, makers, session
from mockserver.platforms.akana.actions.arguments import Arguments
from mockserver.platforms.akana.models import Business, Group, User
from mockserver.platforms.akana.models_work import SESSIONS, Board
from mockserver.platforms.akana.portal import find_business, find_user
from mockserver.platforms.akana.results import SignedIn
from mockserver.world.actions import action
from mockserver.world.world import World


class CreateBusiness(Arguments, frozen=True, kw_only=True):
    name: str | None = None


@action("akana.create_business")
def create_business(world: World, args: CreateBusiness) -> Business:
    """Make a business below the tenant's own. A name not given is made up."""
    return makers.make_business(world, name=args.name or world.mint.faker("company").company())


class CreateUser(Arguments, frozen=True, kw_only=True):
    business: str | None = None
    email: str | None = None
    password: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    user_name: str | None = None
    business_admin: bool = False
    site_admin: bool = False


@action("akana.create_user")
def create_user(world: World, args: CreateUser) -> User:
    """Give a person an account in a business, perhaps as its admin or a Site Admin. What is not given is made up."""
    first_name = args.first_name or world.mint.faker("first_name").first_name()
    last_name = args.last_name or world.mint.faker("last_name").last_name()
    made_up = f"user{world.mint.count('akana.made_up_mail')}@{ids.tenant(world).replace('_', '-')}.example"
    return makers.make_user(
        world,
        business=find_business(world, args.business),
        email=args.email or made_up,
        password=args.password or world.mint.hex(12, "akana.password"),
        first_name=first_name,
        last_name=last_name,
        user_name=args.user_name,
        business_admin=args.business_admin,
        site_admin=args.site_admin,
    )


class CreateGroup(Arguments, frozen=True, kw_only=True):
    name: str
    leaders: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@action("akana.create_group")
def create_group(world: World, args: CreateGroup) -> Group:
    """Make an independent group of people."""
    leaders = tuple(find_user(world, each).id for each in args.leaders)
    members = tuple(find_user(world, each).id for each in args.members)
    return makers.make_group(world, name=args.name, kind="independent", leaders=leaders, members=members)


class CreateBoard(Arguments, frozen=True, kw_only=True):
    name: str


@action("akana.create_board")
def create_board(world: World, args: CreateBoard) -> Board:
    """Make a board that belongs to nothing else; workflows name it by its id."""
    return boards.make_board(world, args.name)


class OneUser(Arguments, frozen=True, kw_only=True):
    user: str


@action("akana.sign_in")
def sign_in(world: World, args: OneUser) -> SignedIn:
    """Sign somebody in without a password: the cookies and the header that their browser would send."""
    opened = session.open_session(world, find_user(world, args.user))
    tenant = ids.tenant(world)
    cookies = {session.TOKEN_COOKIE + tenant: opened.cookie}
    headers = {}
    if opened.csrf is not None:
        cookies[session.CSRF_COOKIE + tenant] = opened.csrf
        headers[f"X-{session.CSRF_COOKIE}{tenant}"] = opened.csrf
    return {"user": opened.user, "cookies": cookies, "headers": headers, "expires": opened.expires}


@action("akana.sign_out")
def sign_out(world: World, args: OneUser) -> int:
    """End every session of somebody; says how many."""
    sessions = world[SESSIONS].find("user", find_user(world, args.user).id)
    for each in sessions:
        world[SESSIONS].delete(each.id)
    return len(sessions)


PEOPLE = (create_business, create_user, create_group, create_board, sign_in, sign_out)
