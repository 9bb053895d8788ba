"""Environment and `comptoir.toml`, read once into frozen values; what is wrong is said in one line."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self, TypeVar
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.app.accounting.fec import Account, Chart
from bot.app.files import USUAL as USUAL_FILES
from bot.app.files import FileRules
from bot.app.pace import USUAL, Limits
from bot.core.attention import USUAL as USUAL_NUDGES
from bot.core.attention import Nudges
from bot.core.erasure import USUAL as KEPT
from bot.core.erasure import Retention
from bot.core.facts import Intervention, Rule
from bot.core.money import Money
from bot.core.office import knows_holidays
from bot.core.terms import GoAhead, Terms
from bot.words import Provider

LONGEST_WORDING = 75  # characters: an option's text in Slack
MB = 1_000_000
USUAL_FILE = Path("comptoir.toml")
SHIPPED = Path(__file__).resolve().parent.parent / "comptoir.toml"


class Misconfigured(Exception):  # noqa: N818 - read aloud: the service is misconfigured
    """A setting is wrong; the text says which and why, in one line."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"no time zone is called {name}")
    return name


def _country(code: str) -> str:
    if not knows_holidays(code):
        raise ValueError(f"no public holidays are known of “{code}”; give a country as FR, with a region as FR-57")
    return code


def _endpoint(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError("give it as host:port")
    return value


def _base_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("give it as http://… or https://…")
    return value.rstrip("/")


def _account(given: object) -> Account:
    code, _, name = str(given).strip().partition(" ")
    if not code.isalnum() or not name.strip():
        raise ValueError("give it as code and name: 706000 Prestations de services")
    return Account(code=code, name=" ".join(name.split()))


Posted = Annotated[Account, BeforeValidator(_account)]


class Section(BaseModel):
    """A table of the file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ProviderSection(Section):
    name: str = Field(min_length=1)
    legal_name: str
    address: str
    siren: str
    vat_number: str
    iban: str
    bic: str
    email: str
    feedback_address: str
    mediator: str


class TermsSection(Section):
    diagnosis_price: Decimal = Field(default=Decimal("20.00"), ge=0, decimal_places=2, max_digits=10)
    vat_rate: Decimal = Field(default=Decimal(20), ge=0, le=100)
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    payment_days: int = Field(default=30, ge=1, le=365)
    offer_until: date | None = None
    go_ahead: GoAhead = GoAhead.ORDER
    quote_validity_days: int = Field(default=15, ge=1, le=365)
    timezone: Annotated[str, AfterValidator(_zone)] = "Europe/Paris"
    country: Annotated[str, AfterValidator(_country)] = "FR"
    announcement_nudge_days: int = Field(default=3, ge=1)
    announcement_lapse_days: int = Field(default=7, ge=1)
    waiting_nudge_days: int = Field(default=5, ge=1)
    waiting_lapse_days: int = Field(default=14, ge=1)
    consent_lapse_days: int = Field(default=7, ge=1)
    disown_days: int = Field(default=7, ge=1)
    consent_days: int = Field(default=90, ge=1, le=365)
    contest_confirm_days: int = Field(default=15, ge=1)
    contest_pause_days: int = Field(default=7, ge=1)
    limit_after_days: int = Field(default=45, ge=1)
    withdrawal_settle_days: int = Field(default=7, ge=1)
    reminders_business: tuple[int, ...] = (-7, 3, 12, 25)
    reminders_consumer: tuple[int, ...] = (-5, 5, 15, 30)

    def terms(self) -> Terms:
        """The letter's numbers as the core wants them."""
        given = self.model_dump(exclude={"diagnosis_price", "currency"})
        return Terms(diagnosis_price=Money.of(self.diagnosis_price, self.currency), **given)


class LimitsSection(Section):
    answers: int = Field(default=USUAL.answers, ge=1)
    known: int = Field(default=USUAL.known, ge=1)
    stranger: int = Field(default=USUAL.stranger, ge=1)
    stranger_day: int = Field(default=USUAL.stranger_day, ge=1)
    domain: int = Field(default=USUAL.domain, ge=1)
    unproven: int = Field(default=USUAL.unproven, ge=1)
    unproven_day: int = Field(default=USUAL.unproven_day, ge=1)
    newcomers: int = Field(default=USUAL.newcomers, ge=1)


class RetentionSection(Section):
    """The law's own terms (L123-22 C. com., D213-1 C. conso.) may be longer here, never shorter."""

    unbilled_days: int = Field(default=KEPT.unbilled_days, ge=1)
    stranger_days: int = Field(default=KEPT.stranger_days, ge=1)
    job_days: int = Field(default=KEPT.job_days, ge=7)
    payment_days: int = Field(default=KEPT.payment_days, ge=1)
    quote_years: int = Field(default=KEPT.quote_years, ge=1)
    accounts_years: int = Field(default=KEPT.accounts_years, ge=10)


class FilesSection(Section):
    most_mb: int = Field(default=USUAL_FILES.most_bytes // MB, ge=1, le=1000)
    most: int = Field(default=USUAL_FILES.most, ge=0, le=100)
    mail_mb: int = Field(default=USUAL_FILES.mail_bytes // MB, ge=1, le=100)
    dangerous: tuple[Annotated[str, Field(pattern="^[a-z0-9-]+$")], ...] | None = None


class NudgesSection(Section):
    answer_hours: int = Field(default=USUAL_NUDGES.answer_hours, ge=1, le=80)
    start_hours: int = Field(default=USUAL_NUDGES.start_hours, ge=1, le=80)
    lapse_days: int = Field(default=USUAL_NUDGES.lapse_days, ge=1, le=30)
    most: int = Field(default=USUAL_NUDGES.most, ge=0, le=20)
    digest: bool = True


class SlackSection(Section):
    team: str = ""
    staff: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    seconds_a_message: float = Field(default=1.0, ge=0, le=60)


class GmailSection(Section):
    """Whether mails to businesses carry a button for Gmail's list of mails, and where Google's keys are."""

    confirm_action: bool = False
    keys_url: Annotated[str, AfterValidator(_base_url)] = "https://www.googleapis.com/oauth2/v3/certs"


class ApiSection(Section):
    tokens: tuple[Annotated[str, Field(pattern="^[0-9a-f]{64}$")], ...] = ()


class AccountingSection(Section):
    """Accounts and journals as `code name`, of one's own chart."""

    sales_journal: Posted
    bank_journal: Posted
    other_journal: Posted
    customers: Posted
    sales: Posted
    bank: Posted
    losses: Posted
    vat: dict[Decimal, Posted]


class AnchorSection(Section):
    mailbox: str = ""


class InterventionSection(Section):
    """One entry of the catalogue. Wordings are as long as what Slack shows whole in a list of choices."""

    id: str = Field(pattern="^[a-z][a-z0-9_]{0,49}$")
    rule: Rule
    fr: str = Field(min_length=1, max_length=LONGEST_WORDING)
    en: str = Field(min_length=1, max_length=LONGEST_WORDING)
    clause: str = ""

    @model_validator(mode="after")
    def _names_its_clause(self) -> Self:
        """What is done unasked to hosted data stands in a clause of the contract, which the customer is told."""
        if not self.clause and self.rule is Rule.EMERGENCY:
            raise ValueError(f"the rule {self.rule} needs the contract's clause")
        return self


class CannedReply(Section):
    id: str = Field(pattern="^[a-z][a-z0-9_]*$")
    fr: str = Field(min_length=1)
    en: str = Field(min_length=1)


class PresetLineSection(Section):
    fr: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)
    quantity: Decimal = Field(default=Decimal(1), gt=0, decimal_places=2, max_digits=9)
    unit_price: Decimal = Field(gt=0, decimal_places=2, max_digits=9)
    vat_rate: Decimal | None = Field(default=None, ge=0, le=100)


class QuotePreset(Section):
    id: str = Field(pattern="^[a-z][a-z0-9_]*$")
    fr: str = Field(min_length=1)
    en: str = Field(min_length=1)
    lines: tuple[PresetLineSection, ...] = Field(min_length=1)
    validity_days: int | None = Field(default=None, ge=1, le=365)


Named = TypeVar("Named", InterventionSection, CannedReply, QuotePreset)


class File(Section):
    """`comptoir.toml`; what it leaves out is as in the file that ships."""

    provider: ProviderSection
    terms: TermsSection = TermsSection()
    limits: LimitsSection = LimitsSection()
    retention: RetentionSection = RetentionSection()
    files: FilesSection = FilesSection()
    nudges: NudgesSection = NudgesSection()
    slack: SlackSection = SlackSection()
    api: ApiSection = ApiSection()
    gmail: GmailSection = GmailSection()
    accounting: AccountingSection
    anchor: AnchorSection = AnchorSection()
    interventions: tuple[InterventionSection, ...] = ()
    canned_replies: tuple[CannedReply, ...] = ()
    quote_presets: tuple[QuotePreset, ...] = ()

    @field_validator("interventions", "canned_replies", "quote_presets")
    @classmethod
    def _names_each_once(cls, entries: tuple[Named, ...]) -> tuple[Named, ...]:
        seen: set[str] = set()
        for entry in entries:
            if entry.id in seen:
                raise ValueError(f"{entry.id} stands there twice")
            seen.add(entry.id)
        return entries


class Environment(BaseSettings):
    """The environment's names, as interface documents them; lower-case here."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: str = "sqlite:///comptoir.db"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: Annotated[str, AfterValidator(_base_url)] = "http://127.0.0.1:8080"
    mail_listen: Annotated[str, AfterValidator(_endpoint)] = "127.0.0.1:8025"
    mail_protocol: Literal["smtp", "lmtp"] = "smtp"
    mail_domain: str = "host.example"
    mail_address: str = "support@host.example"
    mail_trusted_peers: str = ""
    mail_authserv_id: str = ""
    mail_imap_url: SecretStr | None = None
    mail_tls_cert_file: Path | None = None
    mail_tls_key_file: Path | None = None
    dns_servers: str = ""
    relay_url: str = "smtp://127.0.0.1:1025"
    dkim_key_file: Path | None = None
    dkim_selector: str = ""
    dkim_second_key_file: Path | None = None
    dkim_second_selector: str = ""
    slack_bot_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    slack_staff_channel: str = ""
    comptoir_config: Path = USUAL_FILE
    comptoir_secret: SecretStr | None = None
    stripe_api_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_api_url: Annotated[str, AfterValidator(_base_url)] = "https://api.stripe.com"
    stripe_checkout_url: Annotated[str, AfterValidator(_base_url)] = "https://checkout.stripe.com"
    log_format: Literal["json", "text"] | None = None

    @model_validator(mode="after")
    def _hears_what_was_paid(self) -> Self:
        """A page to pay on whose payments nobody reports would have people pay twice."""
        if (self.stripe_api_key is None) != (self.stripe_webhook_secret is None):
            raise ValueError("STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET are set together, or neither")
        return self

    @property
    def stripe(self) -> tuple[str, str, str, str]:
        """Its two secrets, empty where nobody takes cards, and where its interface and its pages are."""
        secrets = told(self.stripe_api_key), told(self.stripe_webhook_secret)
        return *secrets, self.stripe_api_url, self.stripe_checkout_url

    @property
    def mail_endpoint(self) -> tuple[str, int]:
        host, _, port = self.mail_listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def slack_missing(self) -> str:
        """The first name Slack lacks; empty where it is set up. Without it the desk runs by mail and web."""
        signed = self.slack_signing_secret or self.slack_app_token
        needed = {
            "SLACK_BOT_TOKEN": self.slack_bot_token,
            "SLACK_SIGNING_SECRET": signed,
            "SLACK_STAFF_CHANNEL": self.slack_staff_channel,
        }
        return next((name for name, value in needed.items() if not value), "")


def told(secret: SecretStr | None) -> str:
    """A secret in clear for the one who uses it; empty where it is not set."""
    return secret.get_secret_value() if secret is not None else ""


class Settings(BaseModel):
    """Everything that was set, read once."""

    model_config = ConfigDict(frozen=True)

    environment: Environment
    file: File

    def fetching(self, mailbox: str) -> Self:
        """The same settings with this mailbox to fetch, as `MAIL_IMAP_URL` has it."""
        environment = self.environment.model_copy(update={"mail_imap_url": SecretStr(mailbox)})
        return self.model_copy(update={"environment": environment})

    @property
    def terms(self) -> Terms:
        return self.file.terms.terms()

    @property
    def provider(self) -> Provider:
        return Provider(**self.file.provider.model_dump(), cards=self.environment.stripe_api_key is not None)

    @property
    def limits(self) -> Limits:
        return Limits(**self.file.limits.model_dump())

    @property
    def files(self) -> FileRules:
        given = self.file.files
        return FileRules(
            most_bytes=given.most_mb * MB,
            most=given.most,
            mail_bytes=given.mail_mb * MB,
            dangerous=USUAL_FILES.dangerous if given.dangerous is None else frozenset(given.dangerous),
        )

    @property
    def nudges(self) -> Nudges:
        return Nudges(**self.file.nudges.model_dump(exclude={"digest"}))

    @property
    def retention(self) -> Retention:
        return Retention(**self.file.retention.model_dump())

    @property
    def chart(self) -> Chart:
        return Chart(**{name: getattr(self.file.accounting, name) for name in AccountingSection.model_fields})

    @property
    def catalogue(self) -> tuple[Intervention, ...]:
        return tuple(Intervention(**entry.model_dump()) for entry in self.file.interventions)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings. Misconfigured says in one line what is wrong and where."""
    try:
        given = (
            Environment()
            if environment is None
            else Environment.model_validate({name.lower(): value for name, value in environment.items() if value})
        )
    except ValidationError as error:
        raise Misconfigured(_first(error, "environment")) from None
    return Settings(environment=given, file=_read_file(given.comptoir_config))


def _read_file(path: Path) -> File:
    """The operator's file over the one that ships: tables merge, lists replace."""
    shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    wanted: dict[str, object] = {}
    try:
        given = {} if path == USUAL_FILE and not path.exists() else tomllib.loads(path.read_text(encoding="utf-8"))
        return File.model_validate(wanted := _over(shipped, given))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Misconfigured(f"{path}: {error}") from None
    except ValidationError as error:
        raise Misconfigured(_first(error, str(path), wanted)) from None


def _over(shipped: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    merged = dict(shipped)
    for name, value in given.items():
        below = merged.get(name)
        merged[name] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _first(error: ValidationError, where: str, given: Mapping[str, object] = MappingProxyType({})) -> str:
    problem = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(_steps(problem["loc"], given))
    return f"{where}: {name}: {problem['msg'].removeprefix('Value error, ')}"


def _steps(path: tuple[int | str, ...], given: object) -> Iterator[str]:
    """The way to a value; entries of a list are called by their ids, which can be searched for."""
    for step in path:
        if isinstance(given, Sequence) and isinstance(step, int):
            given = given[step]
            name = given.get("id") if isinstance(given, Mapping) else None
            yield name if isinstance(name, str) and name else str(step + 1)
        else:
            given = given.get(step) if isinstance(given, Mapping) else None
            yield str(step)
