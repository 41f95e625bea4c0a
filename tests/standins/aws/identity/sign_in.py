"""sso-oidc: signing in from a device without a browser (RFC 8628)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..errors import AwsError
from ..simulator import Context, Params
from ..world import World
from .service import OIDC
from .state import HOME_REGION, START_URL, User, directory_of

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_REGISTERED = timedelta(days=90)
_CODE_LASTS = timedelta(minutes=10)
_TOKEN_LASTS = timedelta(hours=8)
_INTERVAL = timedelta(seconds=1)
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_VERIFICATION = f"https://device.sso.{HOME_REGION}.amazonaws.com/"


@dataclass
class Client:
    """A registered client."""

    id: str
    secret: str
    expires: datetime


@dataclass
class Device:
    """A device that waits for its person."""

    code: str
    user_code: str
    client: str
    expires: datetime
    polled: datetime | None = None
    user: str | None = None
    denied: bool = False
    spent: bool = False


@dataclass
class Token:
    """A signed-in session of the access portal."""

    user: str
    expires: datetime


class SignIns:
    """Clients, waiting devices and tokens of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.clients: dict[str, Client] = {}
        self.devices: dict[str, Device] = {}
        self.tokens: dict[str, Token] = {}

    def client(self, params: Params) -> Client:
        """The client a request comes from; InvalidClientException."""
        found = self.clients.get(params["clientId"])
        if (
            found is None
            or found.secret != params["clientSecret"]
            or found.expires <= self._world.now
        ):
            raise refused("InvalidClient", "Invalid client provided", 401)
        return found

    def waiting(self, user_code: str) -> Device:
        """The device that shows a user code; ValueError."""
        for device in self.devices.values():
            if device.user_code == user_code:
                return device
        raise ValueError(f"no device shows the code {user_code}")

    def user(self, token: str | None) -> User | None:
        """Who is signed in with a token that still holds."""
        found = self.tokens.get(token or "")
        if found is None or found.expires <= self._world.now:
            return None
        user = directory_of(self._world).users.get(found.user)
        return user if user and user.enabled else None


def refused(name: str, description: str, status: int = 400) -> AwsError:
    """An error in the manner of OAuth."""
    error = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return AwsError(f"{name}Exception", description, status, error=error.lstrip("_"))


@OIDC.operation("RegisterClient")
def register_client(context: Context, params: Params) -> Params:
    """Register a public client."""
    if params["clientType"] != "public":
        raise refused("InvalidClientMetadata", "Only public clients are supported")
    sign_ins: SignIns = context.world.part(SignIns)
    fresh = context.world.fresh
    client = Client(fresh(22), fresh(120), context.now + _REGISTERED)
    sign_ins.clients[client.id] = client
    return {
        "clientId": client.id,
        "clientSecret": client.secret,
        "clientIdIssuedAt": int(context.now.timestamp()),
        "clientSecretExpiresAt": int(client.expires.timestamp()),
    }


@OIDC.operation("StartDeviceAuthorization")
def start_device_authorization(context: Context, params: Params) -> Params:
    """Give a device its code, and the person the link."""
    sign_ins: SignIns = context.world.part(SignIns)
    client = sign_ins.client(params)
    if params["startUrl"].rstrip("/#") != START_URL:
        raise refused("InvalidRequest", "Invalid start URL provided")
    fresh = context.world.fresh
    user_code = f"{fresh(4, _LETTERS)}-{fresh(4, _LETTERS)}"
    device = Device(fresh(86), user_code, client.id, context.now + _CODE_LASTS)
    sign_ins.devices[device.code] = device
    return {
        "deviceCode": device.code,
        "userCode": user_code,
        "verificationUri": _VERIFICATION,
        "verificationUriComplete": f"{_VERIFICATION}?user_code={user_code}",
        "expiresIn": int(_CODE_LASTS.total_seconds()),
        "interval": int(_INTERVAL.total_seconds()),
    }


@OIDC.operation("CreateToken")
def create_token(context: Context, params: Params) -> Params:
    """Exchange a device code for a token once its person has agreed."""
    sign_ins: SignIns = context.world.part(SignIns)
    client = sign_ins.client(params)
    if params["grantType"] != _GRANT:
        raise refused("UnsupportedGrantType", f"Unsupported grant type {params['grantType']}")
    device = sign_ins.devices.get(params.get("deviceCode", ""))
    if device is None or device.client != client.id or device.spent:
        raise refused("InvalidGrant", "Invalid grant provided")
    if device.expires <= context.now:
        raise refused("ExpiredToken", "Device code is expired")
    polled, device.polled = device.polled, context.now
    if polled is not None and context.now - polled < _INTERVAL:
        raise refused("SlowDown", "Polling faster than the interval")
    if device.denied:
        raise refused("AccessDenied", "The sign-in was denied")
    if device.user is None:
        raise refused("AuthorizationPending", "Authorization is still pending")
    device.spent = True
    token = "aoaAAAAA" + context.world.fresh(200)
    sign_ins.tokens[token] = Token(device.user, context.now + _TOKEN_LASTS)
    return {
        "accessToken": token,
        "tokenType": "Bearer",
        "expiresIn": int(_TOKEN_LASTS.total_seconds()),
    }
