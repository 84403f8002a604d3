"""`/api/oauth/email/bind`: one's own account gets the address whose code was mailed (`/api/verification`)."""

from fastapi import APIRouter, Depends

from oneapi.control.answers import Answer, Done, Refusal, Refused, done
from oneapi.control.context import Services
from oneapi.control.fields import Document, QueryText, Text
from oneapi.control.identity import NotByGet, Surroundings, User
from oneapi.control.limits import critical
from oneapi.control.sign_in.codes import Purpose, check, subject_of
from oneapi.control.sign_in.mailing import NO_ADDRESS, is_address
from oneapi.control.sign_in.registration import use_code
from oneapi.control.users.queries import change_user

router = APIRouter(prefix="/api/oauth/email", tags=["account"])


class ProvedAddress(Document):
    """An address, and the code that came there."""

    email: Text = ""
    code: Text = ""


@router.post("/bind", dependencies=[Depends(critical)], response_model=Done | Refusal)
def bind_email(document: ProvedAddress, person: User, services: Surroundings) -> Answer:
    """Make a proved address one's own."""
    return _bind(document.email, document.code, person.id, services)


@router.get("/bind", dependencies=[Depends(critical)], response_model=Done | Refusal)
def bind_email_by_script(
    person: User, _: NotByGet, services: Surroundings, email: QueryText = "", code: QueryText = ""
) -> Answer:
    """Like POST, for scripts of One API's."""
    return _bind(email, code, person.id, services)


def _bind(said: str, code: str, user_id: int, services: Services) -> Answer:
    email, code = said.strip().lower(), code.strip()
    if not is_address(email):
        raise Refused("invalid_parameter", field="email", reason=NO_ADDRESS)
    wrong = Refused("bad_email_code", field="code")
    check(services, Purpose.EMAIL, subject_of(email), code, wrong)
    with services.writing() as connection:
        use_code(connection, services, email, code)
        change_user(connection, user_id, {"email": email}, services.now())
    return done()
