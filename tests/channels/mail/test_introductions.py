"""How programs of few people say whose words they quote, and what only looks like it."""

from string import ascii_uppercase

import pytest

from bot.channels.mail.strip import Stripped, strip
from tests.timing import taking_less_than

OURS = "> Bonjour,\n>\n> Depuis quand ?"
ANSWERED = f"Le 3 févr. 2025 à 14:12, Support <aide@host.fr> a écrit :\n{OURS}"


def is_ours(address: str) -> bool:
    return address.endswith("@host.fr")


ABOVE_QUOTE = {
    "mutt": "* Support <aide@host.fr> [2025-02-03 14:12]:",
    "mutt, without an address": "* Support Hébergeur [03.02.2025 14:12]:",
    "alot": "Quoting Support (2025-02-03 14:12:09)",
    "the bat, in French": "lundi 3 février 2025, 14:12:09, vous écriviez :",
    "tuta, the month first": "Feb 3, 2025, 14:12 by aide@host.fr:",
    "gmail, in Catalan": "Missatge de Support <aide@host.fr> del dia dl., 3 de febr. 2025 a les 14:12:",
}
UNMARKED = {
    "zoho, in Spanish": "---- El lun, 03 feb 2025 14:12:09 +0100 Support <aide@host.fr> escribió ----",
    "zoho, in French": "---- Activé lun., 03 févr. 2025 14:12:09 +0100 Support <aide@host.fr> a écrit ----",
    "groupwise": ">>> Support <aide@host.fr> 03/02/2025 14:12 >>>",
}


@pytest.mark.parametrize("intro", ABOVE_QUOTE.values(), ids=ABOVE_QUOTE)
def test_introduction_above_marked_lines_goes_with_them(intro: str) -> None:
    quote = f"{intro}\n{OURS}"

    assert strip(f"Oui.\n\n{quote}", is_ours=is_ours) == Stripped(reply="Oui.", quoted=quote)
    assert strip(f"{quote}\n\nDepuis lundi.", is_ours=is_ours) == Stripped(reply="Depuis lundi.", quoted=quote)


@pytest.mark.parametrize("intro", ABOVE_QUOTE.values(), ids=ABOVE_QUOTE)
def test_line_like_an_introduction_without_marked_lines_below_is_text(intro: str) -> None:
    text = f"Bonjour,\n\n{intro}\nc'est tout ce que j'ai."

    assert strip(f"{text}\n\n{ANSWERED}", is_ours=is_ours).reply.startswith("Bonjour,")
    assert strip(f"{text}\n\n{ANSWERED}", is_ours=is_ours).reply.endswith("c'est tout ce que j'ai.")


@pytest.mark.parametrize(
    "intro",
    [
        "Pe 03.02.2025 14:12, Support a scris:",
        "Στις 03/02/2025 14:12, ο/η Support έγραψε:",
        "Dňa 3. 2. 2025 o 14:12 Support napísal(a):",
        "03.02.25 14:12, Support пише:",
        "El 03/02/25 a les 14:12, Support ha escrit:",
        "D'an 03/02/2025 e 14:12, Support en/he deus skrivet :",
        "2025년 2월 3일 (월) 오후 2:12, Support <aide@host.fr>님이 작성:",
    ],
)
def test_introduction_in_a_rare_language_goes_with_what_it_introduces(intro: str) -> None:
    assert strip(f"Oui.\n\n{intro}\n{OURS}", is_ours=is_ours).reply == "Oui."


@pytest.mark.parametrize("intro", UNMARKED.values(), ids=UNMARKED)
def test_introduction_between_rules_needs_no_marked_lines(intro: str) -> None:
    assert strip(f"Oui.\n\n{intro}\n\nBonjour,\n\nDepuis quand ?", is_ours=is_ours).reply == "Oui."


@pytest.mark.parametrize("name", [name for name in (*ABOVE_QUOTE, *UNMARKED) if "bat" not in name])
def test_mail_of_others_that_words_lead_up_to_is_shown_whoever_quotes_it(name: str) -> None:
    intro = (ABOVE_QUOTE | UNMARKED)[name]
    words = f"Mon client m'écrit :\n\n{intro.replace('aide@host.fr', 'paul@noir.fr')}\n> Je perds 300 € par heure."

    assert "Je perds 300" in strip(f"{words}\n\n{ANSWERED}", is_ours=is_ours).reply


@pytest.mark.parametrize(
    "intro", ["Monday, February 3, 2025, 2:12:09 PM, you wrote:", ABOVE_QUOTE["the bat, in French"]]
)
def test_lines_with_the_initials_of_the_person_quoted_are_the_quote(intro: str) -> None:
    quote = f"{intro}\n\nSH> Bonjour,\nSH>\nSH> Depuis quand ?"

    assert strip(f"Bonjour,\n\n{quote}\n\nDepuis lundi.").reply.endswith("Depuis lundi.")
    assert strip(f"{quote}\n\nDepuis lundi.").reply == "Depuis lundi."
    assert strip(f"Depuis lundi.\n\n{quote}").reply == "Depuis lundi."


@pytest.mark.parametrize("said", ["On 3 February 2025 you wrote:", "Le 3 février 2025, vous avez écrit :"])
def test_sentence_about_what_we_wrote_introduces_nothing_that_is_not_marked(said: str) -> None:
    text = f"Bonjour,\n\n{said}\nles sauvegardes tournent chaque nuit.\nOr il n'y en a pas."

    assert strip(f"{text}\n\n{ANSWERED}").reply == text


HOSTILE = {
    "initials": "".join(
        f"Monday, February 3, 2025, 2:12:09 PM, you wrote:\n{a}{b}> x\n"
        for a in ascii_uppercase
        for b in ascii_uppercase
    ),
    "prompts": "Journal 03/02/2025 14:12 :\nSQL> a\n" * 1000,
    "others": "Le 3 févr. 2025 à 14:12, Paul <paul@noir.fr> a écrit :\n> a\n" * 900,
    "stars": "* Paul Noir [2025-02-03 14:12]:\n> a\n" * 900,
    "open brackets": "* Paul Noir [" + "[1" * 30_000,
    "rules": "---- 3/2/2025 14:12 <a@b.fr> " * 4000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_many_introductions_take_no_time(name: str) -> None:
    with taking_less_than(0.5):
        strip(HOSTILE[name], is_ours=is_ours)


def test_prompt_of_a_program_is_no_quote() -> None:
    text = "Bonjour,\n\nSQL> select 1 from dual;\nSQL> exit\n\nRien ne vient."

    assert strip(f"{text}\n\n{ANSWERED}").reply == text


def test_entries_of_a_journal_introduce_nothing() -> None:
    text = "* web3 [2025-02-03 14:12]:\n> Erreur 500\n\n* web4 [2025-02-03 14:13]:\n> Erreur 502\n\nQue faire ?"

    assert strip(f"Le journal :\n\n{text}\n\n{ANSWERED}").reply == f"Le journal :\n\n{text}"
