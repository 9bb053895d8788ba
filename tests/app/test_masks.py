"""Secrets are hidden, however people write them; what staff must read is not."""

import pytest

from bot.app.masks import HIDDEN, mask
from tests.timing import taking_less_than

PEM = "-----BEGIN {0}-----\nMIIEpAIBAAKCAQEA\n-----END {0}-----"
SECRETS = {
    "mot de passe : hunter2": "hunter2",
    "Mot de passe: soleil": "soleil",
    "mot de passe\u00a0: soleil": "soleil",
    "Mdp=soleil": "soleil",
    "MDP : Tr0ub4dor&3, merci": "Tr0ub4dor&3",
    "le mot de passe est Soleil2024!": "Soleil2024!",
    "mdp Soleil2024": "Soleil2024",
    "password=abc123 please": "abc123",
    "Password: correct-horse": "correct-horse",
    "my password is abc123": "abc123",
    'the password was "Blue sky 7"': "Blue sky 7",
    'the password: "blue sky"': "blue sky",
    "Password:\n  S3cret!x\nThanks": "S3cret!x",
    "Passphrase: correct horse battery staple": "battery staple",
    "Phrase de passe : le chat dort": "chat dort",
    "DB_PASSWORD=xK9!fooz": "xK9!fooz",
    "define('DB_PASSWORD', 'xK9fooz');": "xK9fooz",
    "define( 'DB_PASSWORD' , 'soleil' );": "soleil",
    '{"user": "bob", "password": "soleil", "x": 1}': "soleil",
    "'password' => 'soleil',": "soleil",
    "$config['db_password'] = 'soleil';": "soleil",
    "<password>soleil</password>": "soleil",
    "login/mdp : bob / soleil": "soleil",
    "Accès FTP : bob / S0leil99": "S0leil99",
    "identifiants: bob|S0leil99": "S0leil99",
    "Clé API : abcdef": "abcdef",
    "api_key=abcdef": "abcdef",
    "X-Api-Key: abcdef": "abcdef",
    "client_secret: abcdef": "abcdef",
    "Code d’accès : 4711": "4711",
    "code PIN : 4711": "4711",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": "wJalrXUtnFEMI",
    "https://x.example/reset?token=a1b2c3d4e5": "a1b2c3d4e5",
    "token: a1b2c3d4e5": "a1b2c3d4e5",
    "clé: a1b2c3d4e5f6a7b8c9": "a1b2c3d4e5f6a7b8c9",
    "ftp://bob:s3cret@ftp.example/": "s3cret",
    "postgresql://app:soleil@db.example/shop": "soleil",
    "redis://:soleil@127.0.0.1:6379": "soleil",
    "Server=db;Uid=bob;Pwd=soleil;": "soleil",
    "Authorization: Bearer abcdefghijklmnop": "abcdefghijklmnop",
    "Authorization: Basic Ym9iOnNvbGVpbA==": "Ym9iOnNvbGVpbA",
    "curl -H 'authorization: token abcdef' https://x.example": "abcdef",
    "bearer 0a1b2c3d4e5f60718293": "0a1b2c3d4e5f60718293",
    "Cookie: PHPSESSID=0a1b2c3d4e5f": "0a1b2c3d4e5f",
    "mysql -u root -psoleil99 shop": "soleil99",
    "curl -u bob:soleil https://x.example": "soleil",
    "sshpass -p soleil ssh bob@x.example": "soleil",
    "AKIAIOSFODNN7EXAMPLE": "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9: "a1B2a1B2",
    "github_pat_" + "11ABCDEFG0" * 4: "11ABCDEFG0",
    "glpat-" + "a1B2c" * 4: "a1B2ca1B2c",
    "xoxb-" + "123456789012-abcdef": "123456789012-abcdef",
    "xapp-" + "1-A0B1C2D3-456": "A0B1C2D3",
    "https://hooks.slack.com/services/" + "T000/B000/XXXXXXXX": "XXXXXXXX",
    "sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc": "4eC39HqLyjWDarjtT1zdp7dc",
    "whsec_" + "4eC39HqLyjWDarjtT1zdp7dc": "4eC39HqLyjWDarjtT1zdp7dc",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN": "dozjgNryP4J3jVmN",
    "root:$6$rounds=5000$abcdefgh$ZxcvbnmAsdfghjklQwertyuiop:19000:": "ZxcvbnmAsdfghjkl",
    "admin:$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy": "N9qo8uLOickgx2ZMRZoMye",
    PEM.format("RSA PRIVATE KEY"): "MIIE",
    PEM.format("OPENSSH PRIVATE KEY"): "MIIE",
    PEM.format("PRIVATE KEY"): "MIIE",
    PEM.format("PGP PRIVATE KEY BLOCK"): "MIIE",
    "-----BEGIN EC PRIVATE KEY-----\nMIIEcut": "MIIE",
    "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAAsoleil\nPrivate-MAC: ab12": "AAAAsoleil",
    "ma carte : 4111 1111 1111 1111, merci": "4111 1111 1111",
    "5555-5555-5555-4444": "5555-5555",
    "378282246310005": "37828224",
    "IBAN FR76 3000 6000 0112 3456 7890 189": "3000 6000 0112",
    "DE89370400440532013000": "370400440532",
}
PROSE = (
    "Mon mot de passe ne fonctionne plus, pouvez-vous le réinitialiser ?",
    "J’ai oublié mon mot de passe WordPress depuis hier.",
    "Le mot de passe est incorrect, d’après la page.",
    "Le mot de passe : incorrect.",
    "My password is not accepted any more since PHP8.",
    "The password is wrong, it says.",
    "I changed the password yesterday at 14:30 and the site broke.",
    "Please reset the password for bob@x.example.",
    "Access denied for user 'bob'@'localhost' (using password: YES)",
    'password authentication failed for user "shop"',
    'Parse error: syntax error, unexpected token "}" in /var/www/shop/index.php on line 42',
    "SyntaxError: Unexpected token: string (x)",
    "CSRF token: mismatch",
    "Duplicate entry 'x1' for key 'PRIMARY'",
    "KeyError: 'user_id'",
    "The key: restart twice.",
    "La clé : redémarrer deux fois.",
    "error code: 0x80070057",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 broke it",
    "Fatal error: Uncaught PDOException in /srv/bob/www/lib/db.php:12 Stack trace",
    "Call to undefined function password_hash() in /www/login.php",
    "https://shop.example/produits?id=42&tri=prix",
    "Appelez-moi au 06 12 34 56 78 ou au +33 6 12 34 56 78.",
    "SIRET 732 829 320 00074, TVA FR44732829320",
    "Facture F2010-00001, commande 4111 1111 1111 1112",
    "1699999999999 ms, 4111111111111112 octets",
    "INC-42, D2010-00007, C-17",
    "Basic support is enough, the bearer of bad news is me.",
    "Le secret : rester calme.",
    "pass: 12 of 14 tests",
    "Login : cliquez sur le bouton / le lien.",
    "The MD5 of the file is d41d8cd98f00b204e9800998ecf8427e.",
    "550 5.7.1 <bob@x.example>: Relay access denied",
    "250 2.0.0 Ok: queued as 4ZzQ8k2pQnz9rVd",
    "/etc/letsencrypt/live/x.example/privkey.pem: permission denied",
    "Compte : bob/www",
    "Never send a password: we do not need one.",
    "N’envoyez jamais de mot de passe : nous n’en avons pas besoin.",
    "Un mot de passe : j’en ai déjà un.",
)
HOSTILE = (
    "password " * 5_000,
    "password=" * 5_000,
    "a://" * 20_000,
    "a://b:" * 10_000,
    "-----BEGIN PRIVATE KEY-----" * 2_000,
    "mysql " * 8_000,
    "curl -u " * 6_000,
    "authorization" * 4_000,
    "eyJ" * 15_000,
    "4111 1111 " * 5_000,
    "FR76 3000 " * 5_000,
    "PuTTY-User-Key-File-3:" * 2_000,
    "mot de passe : a / " * 3_000,
    "<" * 50_000,
    "a" * 100_000,
)


@pytest.mark.parametrize(("text", "secret"), SECRETS.items())
def test_secret_is_hidden(text: str, secret: str) -> None:
    assert secret not in mask(text)
    assert HIDDEN in mask(text)


@pytest.mark.parametrize("text", PROSE)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_hostile_text_takes_no_time(text: str) -> None:
    with taking_less_than(1):
        mask(text)


def test_what_is_around_a_secret_stays() -> None:
    written = "Bonjour,\nFTP : ftp.x.example\nmot de passe : hunter2\nLe site affiche une erreur 500."

    assert mask(written) == written.replace("hunter2", HIDDEN)


def test_masking_twice_changes_nothing_more() -> None:
    for text in SECRETS:
        assert mask(mask(text)) == mask(text)


def test_own_links_are_made_useless() -> None:
    assert mask("https://desk.example/a/" + "x" * 43) == "https://desk.example/a/…"
