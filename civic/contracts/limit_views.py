"""The rules of an engagement, their sources and their dated numbers: the staff reads them, an admin changes them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from civic import clock
from civic.accounts.current import AdminUser, ReaderUser
from civic.contracts import limit_actions
from civic.contracts.limit_queries import dated_values
from civic.contracts.limits import PARAMETERS
from civic.contracts.rulebook import WORDS, Rule, figure, parameters_of, rule_of, sections, shown
from civic.db import Session
from civic.errors import Invalid, NotFound
from civic.formats import day_long
from civic.forms import Form
from civic.i18n import _
from civic.outbox.dead import count_dead
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = "/administration/regles"


@router.get(PAGE)
async def list_rules(request: Request, user: ReaderUser, session: Session) -> Response:
    """Every rule with its source, how far it was checked, and the numbers of today."""
    values = await dated_values(session)
    dead = await count_dead(session) if user.role == "admin" else None
    return render(request, "contracts/limits.html", {"sections": sections(values, clock.today()), "dead": dead})


def find_rule(rule_code: str) -> str:
    """404 for a rule that does not exist."""
    if rule_code not in WORDS:
        raise NotFound
    return rule_code


Code = Annotated[str, Depends(find_rule)]


@router.get(PAGE + "/{rule_code}")
async def show_rule(request: Request, user: ReaderUser, code: Code, session: Session) -> Response:
    """One rule: its numbers, what is to come, what held before."""
    rule = rule_of(code, await dated_values(session), clock.today())
    return render(request, "contracts/limit.html", {"rule": rule, "form": _filled(rule), "today": clock.today()})


def _filled(rule: Rule) -> Form:
    values = {one.name: figure(one.value) for one in rule.parameters}
    return Form.filled(valid_from=clock.today(), **values)


@router.post(PAGE + "/{rule_code}")
async def change(request: Request, user: AdminUser, code: Code, session: Session) -> Response:
    """Other numbers from a day on; what stood before stays in the history."""
    form = await Form.read(request)
    values = {name: _value(form, name) for name in parameters_of(code)}
    day = form.date("valid_from")
    if not values:
        form.fail("", _("Cette règle n’a pas de valeur à régler."))
    if form.ok and day is not None:
        try:
            written = await limit_actions.set_values(session, by=user, values=values, valid_from=day)
        except Invalid as invalid:
            for name, message in invalid.errors.items():
                form.fail(name, message)
        else:
            row = written[0]
            told = shown(row.parameter, None if row.value is None else float(row.value))
            text = _("Enregistré : %(value)s à partir du %(day)s.")
            if len(written) > 1:
                text = _("Enregistré à partir du %(day)s.")
            return redirect(f"{PAGE}/{code}", text % {"value": told, "day": day_long(day)})
    rule = rule_of(code, await dated_values(session), clock.today())
    context = {"rule": rule, "form": form, "today": clock.today()}
    return render(request, "contracts/limit.html", context, status=422)


def _value(form: Form, name: str) -> float | None:
    meta = PARAMETERS[name]
    low, high, needed = meta["lowest"], meta["highest"], not meta["optional"]
    if meta["whole"]:
        whole = form.integer(name, minimum=int(low), maximum=int(high), required=needed)
        return None if whole is None else float(whole)
    exact = form.decimal(name, minimum=low, maximum=high, required=needed)
    return None if exact is None else round(exact, 2)
