"""What a secret looks like when nobody says that it is one.

The law: a shape is one that its issuer documents, or randomness that no digest, identifier, path or public
key has; what only resembles a secret stays readable.

The scanners that exist (detect-secrets among them) are made for source files: milliseconds a line, seconds to
load, and they give a verdict on a line, not the place of a value.
"""

from __future__ import annotations

import base64
import re
from functools import cache, lru_cache
from itertools import pairwise
from math import log2
from typing import TYPE_CHECKING, Any, Final

from syncline.core.mask.searching import automaton
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST_TOKEN: Final = 16
_UNNAMED: Final = 32
_NAMED: Final = 8

_TOKENS: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    # GitHub, GitLab, Bitbucket and Atlassian
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9_.-]{20,}"),
    (("github_pat_",), r"github_pat_[A-Za-z0-9_]{20,}"),
    (("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-", "glsoat-"),
     r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-[A-Za-z0-9_.-]{16,}"),
    (("ATATT3", "ATCTT3", "ATBB"), r"(?:ATATT3|ATCTT3|ATBB)[A-Za-z0-9_=-]{20,}"),
    # clouds
    (("AKIA", "ASIA", "ABIA", "ACCA"), r"(?<![A-Za-z0-9])A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    (("AIza",), r"AIza[A-Za-z0-9_-]{35}"),
    (("ya29.",), r"ya29\.[A-Za-z0-9_-]{20,}"),
    (("GOCSPX-",), r"GOCSPX-[A-Za-z0-9_-]{20,}"),
    (("Q~",), r"[A-Za-z0-9_~.-]{3,5}Q~[A-Za-z0-9_~.-]{30,36}"),
    (("AccountKey=", "SharedAccessKey="), r"(?<=Key=)[A-Za-z0-9+/]{40,}={0,2}"),
    (("sig=",), r"(?<=[?&]sig=)[A-Za-z0-9%+/=_-]{20,}"),
    (("X-Amz-Signature=",), r"(?<=X-Amz-Signature=)[0-9a-fA-F]{32,}"),
    (("dop_v1_", "doo_v1_", "dor_v1_"), r"do[opr]_v1_[a-f0-9]{40,}"),
    (("tskey-",), r"tskey-[a-z]+-[A-Za-z0-9-]{16,}"),
    (("k8s-aws-v1.",), r"k8s-aws-v1\.[A-Za-z0-9_-]{20,}"),
    # messaging and mail
    (("xoxa-", "xoxb-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"),
     r"(?:xox[abeoprs][.-]|xapp-)[A-Za-z0-9.-]{10,}"),
    (("hooks.slack.com/",), r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}"),
    (("discord.com/api/webhooks/", "discordapp.com/api/webhooks/"),
     r"(?<=/webhooks/)[0-9]{15,}/[A-Za-z0-9_-]{40,}"),
    (("SG.",), r"(?<![A-Za-z0-9_-])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    (("key-",), r"(?<![A-Za-z0-9])key-[0-9a-z]{32}(?![0-9a-z])"),
    ((":AA",), r"(?<![0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    # registries and package indexes
    (("npm_",), r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}"),
    (("pypi-AgE",), r"pypi-AgE[A-Za-z0-9_-]{40,}"),
    (("dckr_pat_", "dckr_oat_"), r"dckr_[po]at_[A-Za-z0-9_-]{20,}"),
    (("rubygems_",), r"rubygems_[a-f0-9]{40,}"),
    # payment, artificial intelligence, observability, infrastructure
    (("k_live_", "k_test_"), r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    (("whsec_",), r"whsec_[A-Za-z0-9+/=]{20,}"),
    (("sk-",), r"(?<![A-Za-z0-9])sk-(?:[a-z]+[0-9]*-)*[A-Za-z0-9_-]{32,}"),
    (("hf_",), r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
    (("glsa_", "glc_"), r"(?<![A-Za-z0-9])gl(?:sa|c)_[A-Za-z0-9+/=_]{20,}"),
    (("sntrys_", "sntryu_"), r"sntry[su]_[A-Za-z0-9+/=_-]{20,}"),
    (("NRAK-",), r"NRAK-[A-Z0-9]{20,}"),
    (("hvs.", "hvb.", "hvr."), r"(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{20,}"),
    (("s.",),
     r"(?<![A-Za-z0-9._-])s\.(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{24}(?![A-Za-z0-9._-])"),
    ((".atlasv1.",), r"(?<![A-Za-z0-9])[A-Za-z0-9]{10,20}\.atlasv1\.[A-Za-z0-9_=-]{40,}"),
    (("pul-",), r"(?<![A-Za-z0-9])pul-[a-f0-9]{40}"),
    (("dapi",), r"(?<![A-Za-z0-9])dapi[a-f0-9]{32}"),
    (("shpat_", "shpca_", "shppa_", "shpss_"), r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    (("lin_api_",), r"lin_api_[A-Za-z0-9]{30,}"),
    (("PMAK-",), r"PMAK-[A-Za-z0-9-]{30,}"),
    (("AGE-SECRET-KEY-",), r"AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{30,}"),
    # formats
    (("eyJ",), r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*"),
    (("PRIVATE KEY",),
     (r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----).)*"
      r"(?:-----END [A-Z0-9 ]*-----)?")),
    (("PuTTY-User-Key-File",), r"PuTTY-User-Key-File-[0-9].*"),
    (("earer ", "asic ", "EARER ", "ASIC "),
     r"(?i:(?<=bearer )|(?<=basic ))(?=[^\s\"']{0,4096}[0-9=])[A-Za-z0-9._~+/-]{12,}=*"),
    # a user name in a URL that is so long that it is a token
    (("://",), r"(?<=://)[^\s/\"'<>:@]{20,256}(?=(?::[^\s/\"'<>@]{0,400})?@)"),
)  # fmt: skip

_URL: Final = regex(r"://([^\s/\"'<>:@]{0,256}):(?![0-9]{1,5}(?:[/?#\s]|$))([^\s\"'<>]{1,400})@")
_ASSIGNED: Final = regex(
    r"""(?i)(?<![a-z0-9_.-])([a-z0-9_.-]{0,64}?(?:passw(?:or)?d|pwd|secret|token|key|credentials?|passphrase))"""
    r"""["']?(?:\s*[:=]\s*|\s+)["']?([^\s"',;&<>]{8,})"""
)
_WORDS: Final = ("pass", "pwd", "secret", "token", "key", "credential")
_CANDIDATE: Final = regex(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{32,}")
_PUBLIC: Final = regex(
    r"sha(?:1|224|256|384|512)[-:]|AAAA[A-Z][23]|ENC\[|age1|vault:|ref\+|\$|\{\{|<|/|https?:"
    r"|LS0tLS1CRUdJTiBDRVJU|LS0tLS1CRUdJTiBQVUJMSUMg"  # PEM in base64: certificates and public keys
    r"|MIGfMA0GCSqGSIb3DQEBAQUAA4GN|MII[BC].jANBgkqhkiG9w0BAQEFAAOC"  # a public key: RSA,
    r"|MFkwEwYHKoZIzj0CAQ|MHYwEAYHKoZIzj0CAQ|MIGbMBAGByqGSM49AgEG|MCowBQYDK2VwAyEA"  # of curves
    r"|MII.{3}CCA.{2}gAwIBAg"  # a certificate
    r"|iVBORw0KGgo|R0lGOD[dl]|UklGR|d09GM"  # PNG, GIF, WebP, fonts
    r"|applyset-|google-site-verification"
)
_PUBLIC_BLOCK: Final = regex(
    r"-----BEGIN (?:CERTIFICATE|[A-Z0-9 ]*PUBLIC KEY|X509 CRL).{0,20000}?-----END"
    r"|ENC\[AES256_GCM,[^\[\]]{0,20000}\]",
    re.DOTALL,
)
_LOGIN: Final = regex(r"""(?<=\s)(?:-u|--user)[\s=]\s{0,8}["']?[^\s:"'$]{1,64}:([^\s"'$]{8,})""")
_REFERRING: Final = regex(r"(?:arn:[a-z0-9-]*:[a-z0-9-]*:[a-z0-9-]*:[0-9]*:|\$\{)$")
_SENSITIVE: Final = regex(
    r"(?i)(?:passw(?:or)?d|passphrase|pwd|(?<!existing)(?<!existing[_-])secret|token|cookie|dsn"
    r"|(?:api|access|account|auth|encryption|license|master|private|root|secret|session|shared|signing)[-_.]?key"
    r"|credentials?|connection[-_.]?string|htpasswd|kubeconfig|dockerconfigjson)s?$|^auth$"
)
_PASSWORD: Final = regex(r"(?i)(?:passw(?:or)?d|passphrase|pwd|(?:^|[-_.])pass)s?$")
_SWITCH: Final = frozenset({"", "true", "false", "yes", "no", "on", "off", "none", "null"})
_DIGEST: Final = regex(
    r"(?i)checksum|digest|hash|sha(?:1|256|512)|fingerprint|thumbprint|integrity|revision|commit|uid$"
)
_NAME_LIKE: Final = regex(r"[a-z]+(?:[-._/][a-z0-9]{1,12})*")
_APART: Final = regex(r"[-_/+=]")
_WORD: Final = regex(r"[A-Z]{0,6}[a-z]{2,}(?:[A-Z]{1,6}[a-z]{2,})*[A-Z]{0,6}|[A-Z]{2,}")
_SAMPLE: Final = 2048
_RARELY: Final = 0.25
_OFTEN: Final = 0.4
_SPREAD: Final = 0.8


def tokens(text: str) -> Iterator[tuple[int, int]]:
    """Where a text holds something of a known shape, or a password in a URL."""
    if len(text) < _SHORTEST_TOKEN:
        return
    for number in sorted({number for _, number in _hints().iter(text)}):
        yield from (match.span() for match in _compiled(number).finditer(text))
    if "://" in text and "@" in text:
        yield from (match.span(2) for match in _URL.finditer(text))


def guesses(text: str) -> Iterator[tuple[int, int]]:
    """Where a text holds what is too random to be anything else, or names a secret and tells it."""
    if len(text) < _SHORTEST_TOKEN:
        return
    for match in _ASSIGNED.finditer(text) if any(_words().iter(text)) else ():
        if is_sensitive(match[1]) and is_random(match[2]) and not _is_reference(text, match):
            yield match.span(2)
    if " -u" in text or " --user" in text:
        yield from (match.span(1) for match in _LOGIN.finditer(text) if is_random(match[1]))
    if len(text) < _UNNAMED:
        return
    found = [match for match in _CANDIDATE.finditer(text) if _is_noise(match[0]) and not _is_text(match[0])]
    has_blocks = found and ("-----BEGIN" in text or "ENC[" in text)
    public = [match.span() for match in _PUBLIC_BLOCK.finditer(text)] if has_blocks else []
    for match in found:
        if text[max(match.start() - 3, 0) : match.start()] != "h1:" and not any(
            start <= match.start() < stop for start, stop in public
        ):
            yield match.span()


def _is_reference(text: str, match: re.Match[str]) -> bool:
    """Whether it only says where the secret is: `Secret team-5c4d/login`, an ARN, `${X:?why}`."""
    between = text[match.end(1) : match.start(2)]
    if match[1] == "Secret" and not {":", "="}.intersection(between):
        return True
    before = _REFERRING.search(text[max(match.start() - 80, 0) : match.start()])
    return before is not None and (before[0] != "${" or match[2].startswith("?"))


def _is_text(candidate: str) -> bool:
    """Whether it is base64 of what people read, an icon in SVG say, with no secret in it."""
    letters = candidate.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        text = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True).decode()
    except ValueError:
        return False
    shown = all(letter.isprintable() or letter.isspace() for letter in text)
    alone = not any(map(str.isspace, text)) and _is_noise(text)
    return shown and not alone and not any(True for _ in guesses(text))


@cache
def _compiled(number: int) -> re.Pattern[str]:
    # One by one: all of them together would take a tenth of a short run to compile.
    return re.compile(_TOKENS[number][1], re.DOTALL)


@cache
def _hints() -> Any:
    """What has to stand in a text before a shape is looked for, and the shape's number."""
    return automaton((hint, number) for number, (hints, _) in enumerate(_TOKENS) for hint in hints)


@cache
def _words() -> Any:
    return automaton((form, form) for word in _WORDS for form in (word, word.upper(), word.capitalize()))


@lru_cache(maxsize=4096)
def is_sensitive(name: str) -> bool:
    """Whether a field, variable or key of this name holds a secret itself (and not a reference to one)."""
    return _SENSITIVE.search(name) is not None


@lru_cache(maxsize=4096)
def is_digest(name: str) -> bool:
    """Whether a field of this name holds what is random and public."""
    return _DIGEST.search(name) is not None


@lru_cache(maxsize=4096)
def may_hold(name: str) -> bool:
    """Whether a field of this name is looked at at all: thousands of others in each object are not."""
    return is_sensitive(name) or _PASSWORD.search(name) is not None


def is_password(name: str, value: str) -> bool:
    """Whether this is somebody's password, however weak; no switch, path or reference."""
    said = value.strip()
    return _PASSWORD.search(name) is not None and said.lower() not in _SWITCH and not _PUBLIC.match(said)


def is_telling(text: str) -> bool:
    """Whether a text can be looked for elsewhere: no word that stands there for something else."""
    return len(text) >= _NAMED and not _NAME_LIKE.fullmatch(text)


def is_random(text: str, *, least: int = _NAMED) -> bool:
    """Whether nobody would choose this text, word for word, for something that others should read."""
    if len(text) < least or _PUBLIC.match(text) or _NAME_LIKE.fullmatch(text) or any(map(str.isspace, text)):
        return False
    text = text[:_SAMPLE]
    return _changes(text) >= _RARELY and _bits(text) >= _SPREAD * log2(min(len(text), 16))


def _is_noise(text: str) -> bool:
    """The same for a text of which no name says what it is: letters of both cases and digits, at random."""
    if _PUBLIC.match(text) or _PUBLIC.match(text.partition("=")[2]):
        return False
    text = text[:_SAMPLE]
    if sum(len(word) for word in _APART.split(text) if _WORD.fullmatch(word)) * 3 > len(text):
        return False  # a path, or the name of something that a cloud made
    kinds = {_kind(letter) for letter in text}
    if not {"upper", "lower", "digit"} <= kinds:
        return False
    return _changes(text) >= _OFTEN and _bits(text) >= _SPREAD * log2(min(len(text), 64))


def _changes(text: str) -> float:
    """How often one kind of character follows another; random base64 has 0.6, words and paths below 0.3."""
    kinds = [_kind(letter) for letter in text]
    return sum(one != other for one, other in pairwise(kinds)) / max(len(text) - 1, 1)


def _kind(letter: str) -> str:
    return (
        "digit"
        if letter.isdigit()
        else "upper"
        if letter.isupper()
        else "lower"
        if letter.isalpha()
        else "sign"
    )


def _bits(text: str) -> float:
    """Shannon's entropy of one character."""
    counts = [text.count(letter) for letter in set(text)]
    return -sum(count / len(text) * log2(count / len(text)) for count in counts)
