"""Keys that are known by their prefix alone.

Invariant: a row is a kind, the prefixes that no other text begins a word with, and the shape of what follows;
it is found by a search for the prefix, so that a text without it costs one look. The categories follow
gitleaks' list (MIT); the shapes are written down anew from the services' own documentation.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from training.events.assignments import Span
from training.events.randomness import entropy

_BEFORE = re.compile(r"[A-Za-z0-9_-]")

_LINE_BREAK = re.compile(r"[ \t]*\\?(?:\r?\n|\\n)[ \t>+|]{0,16}")
_PART = re.compile(r"[A-Za-z0-9_.-]+")
_REST = re.compile(r"[A-Za-z0-9_.-]{4,200}+")

WORD = r"[A-Za-z0-9_-]"
ALNUM = r"[A-Za-z0-9]"
HEX = r"[A-Fa-f0-9]"


@dataclass(frozen=True, slots=True)
class TokenFormat:
    """``least`` bits of entropy per character, where the shape alone could be a word."""

    kind: str
    prefixes: tuple[str, ...]
    body: re.Pattern[str]
    least: float = 0.0


def _format(
    kind: str, prefixes: str, body: str, least: float = 0.0, end: str = "[A-Za-z0-9_-]"
) -> TokenFormat:
    return TokenFormat(kind, tuple(prefixes.split()), re.compile(f"{body}(?!{end})" if end else body), least)


FORMATS: tuple[TokenFormat, ...] = (
    # models and their tools
    _format("anthropic-key", "sk-ant-", WORD + "{20,}+"),
    _format("openrouter-key", "sk-or-v1-", "[a-f0-9]{32,}+"),
    _format("openai-key", "sk-proj- sk-svcacct- sk-admin- sk-None-", WORD + "{20,}+"),
    _format("langsmith-key", "lsv2_pt_ lsv2_sk_ ls__", ALNUM + "[A-Za-z0-9_]{24,}+"),
    _format("langfuse-key", "sk-lf- pk-lf-", "[a-f0-9-]{36}"),
    _format("litellm-key", "sk-litellm-", WORD + "{16,}+"),
    _format("openai-key", "sk-", ALNUM + "{20,}+"),
    _format("groq-key", "gsk_", ALNUM + "{32,}+"),
    _format("xai-key", "xai-", ALNUM + "{40,}+"),
    _format("replicate-token", "r8_", ALNUM + "{30,}+"),
    _format("tavily-key", "tvly-", WORD + "{20,}+"),
    _format("perplexity-key", "pplx-", ALNUM + "{32,}+"),
    _format("fireworks-key", "fw_", ALNUM + "{20,}+", 3.0),
    _format("together-key", "tgp_v1_", WORD + "{32,}+"),
    _format("nvidia-key", "nvapi-", WORD + "{40,}+"),
    _format("huggingface-token", "hf_ api_org_", ALNUM + "{30,}+"),
    _format("pinecone-key", "pcsk_", "[A-Za-z0-9_]{32,}+"),
    _format("jina-key", "jina_", WORD + "{32,}+", 3.0),
    _format("voyage-key", "pa-", WORD + "{40,}+", 3.5),
    _format("elevenlabs-key", "sk_", "[a-f0-9]{40,}+"),
    _format("firecrawl-key", "fc-", "[a-f0-9]{32}"),
    _format("e2b-key", "e2b_ sk_e2b_", "[a-f0-9]{32,}+"),
    # code and packages
    _format("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", ALNUM + "{36,}+"),
    _format("github-token", "github_pat_", "[A-Za-z0-9_]{22,}+"),
    _format(
        "gitlab-token",
        "glpat- gldt- glrt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- glcbt-",
        r"[A-Za-z0-9_.-]{19,}+",
    ),
    _format("gitlab-token", "GR1348941", WORD + "{20}"),
    _format("bitbucket-token", "ATBB", ALNUM + "{32}"),
    _format("atlassian-token", "ATATT3 ATCTT3", r"[A-Za-z0-9_=-]{60,}+"),
    _format("npm-token", "npm_", ALNUM + "{36}"),
    _format("pypi-token", "pypi-", WORD + "{50,}+"),
    _format("rubygems-key", "rubygems_", "[a-f0-9]{48}"),
    _format("crates-token", "cio", ALNUM + "{32}", 3.5),
    _format("nuget-key", "oy2", "[a-z0-9]{43}", 3.5),
    _format("clojars-token", "CLOJARS_", "[a-f0-9]{60}"),
    _format("docker-token", "dckr_pat_ dckr_oat_", WORD + "{20,}+"),
    _format("artifactory-key", "AKCp cmVmd", ALNUM + "{59,}+"),
    _format("sonar-token", "squ_ sqp_ sqa_", "[a-f0-9]{40}"),
    _format("sourcegraph-token", "sgp_", "[A-Za-z0-9_]{40,}+", 3.0),
    _format("buildkite-token", "bkua_", "[a-f0-9]{40}"),
    _format("circleci-token", "CCIPAT_ CCIPRJ_", "[A-Za-z0-9_]{40,}+"),
    _format("postman-key", "PMAK-", "[a-f0-9]{24}-[a-f0-9]{34}"),
    _format("pulumi-token", "pul-", "[a-f0-9]{40}"),
    _format("terraform-token", "ATLAS-", WORD + "{40,}+", 3.5),
    _format("prefect-key", "pnu_ pnb_", ALNUM + "{36}"),
    _format("infracost-key", "ico-", ALNUM + "{32}"),
    _format("octopus-key", "API-", "[A-Z0-9]{26,30}"),
    _format("readme-key", "rdme_", "[a-z0-9]{70}"),
    _format("scalingo-token", "tk-us-", WORD + "{48}"),
    _format("openshift-token", "sha256~", WORD + "{43}"),
    # clouds
    _format("aws-key", "AKIA ASIA ABIA ACCA", "[A-Z2-7]{16}"),
    _format("aws-bedrock-key", "ABSK", "[A-Za-z0-9+/]{60,}+=*", end="[A-Za-z0-9+/=]"),
    _format("aws-bedrock-key", "bedrock-api-key-", "[A-Za-z0-9+/=]{40,}+", end=""),
    _format("google-key", "AIza", WORD + "{35}"),
    _format("google-token", "ya29.", r"[A-Za-z0-9_.-]{20,}+"),
    _format("google-token", "1//0", WORD + "{36,}+", 3.5),
    _format("google-secret", "GOCSPX-", WORD + "{20,}+"),
    _format("alibaba-key", "LTAI", ALNUM + "{16,24}", 3.0),
    _format("tencent-key", "AKID", ALNUM + "{32}", 3.0),
    _format("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", "[a-f0-9]{40,}+"),
    _format("vault-token", "hvs. hvb. hvr.", WORD + "{20,}+"),
    _format("doppler-token", "dp.pt. dp.ct. dp.sa. dp.scim. dp.audit.", ALNUM + "{40,}+"),
    _format("doppler-token", "dp.st.", r"(?:[a-z0-9_-]{2,35}\.)?" + ALNUM + "{40,}+"),
    _format("heroku-key", "HRKU-", WORD + "{36,}+"),
    _format("fly-token", "fo1_", WORD + "{43}"),
    _format("fly-token", "fm1r_ fm1a_ fm2_", "[A-Za-z0-9+/]{60,}+={0,3}", end=""),
    _format("netlify-token", "nfp_ nfc_ nfo_", ALNUM + "{36,}+"),
    _format("vercel-token", "vcp_ vci_ vck_", ALNUM + "{24,}+"),
    _format("supabase-key", "sbp_ sb_secret_", "[A-Za-z0-9_]{20,}+", 3.0),
    _format("planetscale-token", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[A-Za-z0-9_=.-]{32,}+", end=""),
    _format("neon-key", "napi_", "[a-z0-9]{40,}+"),
    _format("render-key", "rnd_", ALNUM + "{28,}+"),
    _format("cloudflare-key", "v1.0-", "[a-f0-9]{24}-[a-f0-9]{100,}+"),
    _format("databricks-token", "dapi", r"[a-f0-9]{32}(?:-\d)?"),
    _format("tailscale-key", "tskey-", r"[a-z]{2,9}-[A-Za-z0-9]{8,}-?[A-Za-z0-9]{8,}+"),
    _format("onepassword-token", "ops_eyJ", r"[A-Za-z0-9+/_=-]{60,}+", end=""),
    _format(
        "onepassword-key", "A3-", r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"
    ),
    _format("wallet-key", "xprv yprv zprv tprv uprv vprv", "[1-9A-HJ-NP-Za-km-z]{107,108}"),
    _format("age-key", "AGE-SECRET-KEY-1", "[A-Z0-9]{50,}+"),
    # observing
    _format("grafana-token", "glc_", "[A-Za-z0-9+/]{32,}+={0,3}", end=""),
    _format("grafana-token", "glsa_", ALNUM + "{32}_[A-Fa-f0-9]{8}"),
    _format("grafana-token", "eyJrIjoi", "[A-Za-z0-9]{60,}+={0,3}", end=""),
    _format("sentry-token", "sntrys_ sntryu_", r"[A-Za-z0-9+/_=-]{40,}+", end=""),
    _format("newrelic-key", "NRAK- NRII- NRJS-", WORD + "{19,}+"),
    _format("dynatrace-token", "dt0c01. dt0s01. dt0s16.", r"[A-Z0-9]{8,24}\.[A-Za-z0-9]{48,64}"),
    _format("launchdarkly-key", "sdk-", "[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[a-f0-9]{4}-[a-f0-9]{12}"),
    # talking and paying
    _format(
        "slack-token", "xoxb- xoxp- xoxa- xoxr- xoxs- xoxo- xoxe- xoxc- xoxd-", r"[A-Za-z0-9%-]{10,}+", end=""
    ),
    _format("slack-token", "xoxe.xoxb- xoxe.xoxp- xapp- xwfp-", "[A-Za-z0-9-]{20,}+", end=""),
    _format("stripe-key", "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_", ALNUM + "{16,}+"),
    _format("stripe-secret", "whsec_", r"[A-Za-z0-9+/=]{24,}+", end=""),
    _format("square-token", "sq0atp- sq0csp- EAAAE EAAAl", WORD + "{22,}+", 3.0),
    _format("shopify-token", "shpat_ shpca_ shppa_ shpss_ shptka_", HEX + "{32}"),
    _format(
        "paypal-token", "access_token$production$ access_token$sandbox$", r"[a-z0-9]{13,16}\$[a-f0-9]{32}"
    ),
    _format(
        "plaid-token",
        "access-sandbox- access-development- access-production-",
        "[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}",
    ),
    _format("flutterwave-key", "FLWSECK- FLWSECK_TEST-", "[A-Za-z0-9]{12,}+(?:-X)?", 2.5),
    _format("razorpay-key", "rzp_live_ rzp_test_", ALNUM + "{14,}+"),
    _format("easypost-key", "EZAK EZTK", ALNUM + "{54}"),
    _format("shippo-token", "shippo_live_ shippo_test_", HEX + "{40}"),
    _format("duffel-token", "duffel_test_ duffel_live_", r"[A-Za-z0-9_=-]{43}"),
    _format("sendgrid-key", "SG.", r"[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    _format("brevo-key", "xkeysib- xsmtpsib-", "[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    _format("mailgun-key", "key- pubkey-", "[a-f0-9]{32}"),
    _format("resend-key", "re_", "[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}+", 3.0),
    _format("twilio-key", "SK", "[a-f0-9]{32}"),
    _format("facebook-token", "EAAC EAAM EAAG EAAB", ALNUM + "{80,}+"),
    _format("typeform-token", "tfp_", r"[A-Za-z0-9_.=-]{40,}+", end=""),
    _format("notion-token", "ntn_", ALNUM + "{40,}+"),
    _format("notion-token", "secret_", ALNUM + "{43}", 3.5),
    _format("linear-key", "lin_api_ lin_oauth_", ALNUM + "{32,}+"),
    _format("figma-token", "figd_ figo_ figu_", WORD + "{36,}+"),
    _format("airtable-token", "pat", r"[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    _format("hubspot-token", "pat-na1- pat-eu1-", "[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}"),
    _format("contentful-token", "CFPAT-", WORD + "{40,}+"),
    _format("frameio-token", "fio-u-", r"[A-Za-z0-9_=-]{60,}+", end=""),
    _format("adobe-secret", "p8e- p8-", WORD + "{32}", 3.0),
    _format("mapbox-token", "sk.eyJ", r"[A-Za-z0-9_-]{40,}+\.[A-Za-z0-9_-]{20,}+"),
    _format("yandex-key", "AQVN", WORD + "{35,38}"),
    _format("intra42-secret", "s-s4t2ud- s-s4t2af-", "[a-f0-9]{64}"),
    _format("settlemint-token", "sm_aat_ sm_pat_ sm_sat_", ALNUM + "{16}"),
    _format(
        "paseto",
        "v1.local. v2.local. v3.local. v4.local. v2.public. v4.public.",
        r"[A-Za-z0-9_-]{40,}+(?:\.[A-Za-z0-9_-]+)?",
    ),
)

PREFIXES = tuple(prefix for one in FORMATS for prefix in one.prefixes)


def with_prefix(text: str) -> Iterator[Span]:
    """The keys in ``text`` that are known by their prefix."""
    for one in FORMATS:
        for prefix in one.prefixes:
            place = text.find(prefix)
            while place >= 0:
                after = place + len(prefix)
                starts = place == 0 or not _BEFORE.match(text, place - 1) or _is_escape(text, place)
                match = one.body.match(text, after) if starts else None
                if starts and match is None and (end := _over_the_line(text, place, after, one)):
                    yield place, end, one.kind
                if match and (not one.least or entropy(match[0]) >= one.least):
                    yield place, match.end(), one.kind
                    after = match.end()
                place = text.find(prefix, after)


def _over_the_line(text: str, place: int, after: int, one: TokenFormat) -> int:
    """Where a key ends that a line break cuts in two, or 0: both parts have to look generated."""
    cut = _LINE_BREAK.search(text, after, after + 200)
    if cut is None:
        return 0
    left, right = text[after : cut.start()], _REST.match(text, cut.end())
    if len(left) < 4 or right is None or not _PART.fullmatch(left):
        return 0
    match = one.body.match(left + right[0])
    if match is None or entropy(match[0]) < 3.5 or not all(map(_holds_digit, (left, right[0]))):
        return 0
    return cut.end() + match.end() - len(left)


def _holds_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _is_escape(text: str, place: int) -> bool:
    r"""Whether the letter before ``place`` belongs to an escape such as ``\n``."""
    return place >= 2 and text[place - 1] in "nrt" and text[place - 2] == "\\"
