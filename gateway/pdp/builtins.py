"""The builtin functions that a policy may call: those whose answer depends on their arguments alone.

Not here, and so refused: anything that reaches the network, the clock, randomness or the process
(``http.send``, ``net.lookup_ip_addr``, ``time.now_ns``, ``rand.intn``, ``uuid.rfc4122``, ``opa.runtime``),
for a decision must come out the same when it is replayed; what the two engines do not share (``walk``,
``crypto.sha256``) or answer differently (``json.is_valid``, ``json.marshal``, ``regex.split``, ``ceil`` and
``floor`` of negative fractions); what OPA has given up (``any``, ``all``); and what makes much out of little
(``numbers.range``), for no limit of the engine counts inside a builtin.
"""

from difflib import get_close_matches

ARITY: dict[str, int] = {
    name: int(count)
    for name, _, count in (
        entry.partition("/")
        for entry in """
        abs/1 round/1 count/1 max/1 min/1 product/1 sort/1 sum/1
        array.concat/2 array.reverse/1 array.slice/3 and/2 or/2 intersection/1 union/1
        bits.and/2 bits.lsh/2 bits.negate/1 bits.or/2 bits.rsh/2 bits.xor/2
        concat/2 contains/2 endswith/2 format_int/2 indexof/2 indexof_n/2 lower/1 upper/1 replace/3 split/2
        sprintf/2 startswith/2 strings.any_prefix_match/2 strings.any_suffix_match/2 strings.replace_n/2
        strings.reverse/1 substring/3 trim/2 trim_left/2 trim_prefix/2 trim_right/2 trim_space/1 trim_suffix/2
        glob.match/3 glob.quote_meta/1
        regex.find_n/3 regex.is_valid/1 regex.match/2 regex.replace/3
        is_array/1 is_boolean/1 is_null/1 is_number/1 is_object/1 is_set/1 is_string/1 type_name/1 to_number/1
        object.filter/2 object.get/3 object.keys/1 object.remove/2 object.subset/2 object.union/2
        object.union_n/1
        json.filter/2 json.patch/2 json.remove/2 json.unmarshal/1
        base64.decode/1 base64.encode/1 base64.is_valid/1 base64url.decode/1 base64url.encode/1
        hex.decode/1 hex.encode/1 semver.compare/2 semver.is_valid/1
        time.add_date/4 time.clock/1 time.date/1 time.diff/2 time.parse_duration_ns/1 time.parse_rfc3339_ns/1
        time.weekday/1 units.parse/1 units.parse_bytes/1 internal.member_2/2 internal.member_3/3
        """.split()  # noqa: SIM905 (read by people: one family of functions a line)
    )
}
"""Each allowed builtin and how many arguments it takes."""

ALLOWED = frozenset(ARITY)

_INSTEAD = {
    "time.now_ns": "read the time of the call from input.context.time with time.parse_rfc3339_ns",
    "http.": "put what it would fetch into data.json, or have it carried in the input",
    "net.": "compare text, or have the answer carried in the input",
    "rand.": "decide by the input; a decision must come out the same when it is replayed",
    "uuid.": "decide by the input; a decision must come out the same when it is replayed",
    "opa.": "decide by the input and by data alone",
    "rego.": "decide by the input and by data alone",
    "io.jwt.": "tokens are checked before the policy is asked: read input.subject",
    "walk": "name the path you mean, or iterate with some",
    "numbers.range": "write the numbers down, or compare with < and >",
    "strings.count": "use count(split(text, part)) - 1",
    "print": "look at the value in a test: custody policy test shows the input of what fails",
    "trace": "look at the value in a test: custody policy test shows the input of what fails",
    "ceil": "use round, or compare with < and >",
    "floor": "use round, or compare with < and >",
    "regex.split": "use split",
    "any": "use some value in collection",
    "all": "use every value in collection",
}


MAY_FAIL = frozenset(
    """
    max min to_number hex.decode base64.decode base64url.decode json.unmarshal json.patch semver.compare
    substring time.parse_duration_ns time.parse_rfc3339_ns units.parse units.parse_bytes
    """.split()  # noqa: SIM905 (as above)
)
"""Builtins without a value for some arguments of the right type: OPA has none then, the interpreter fails."""


def instead_of(name: str, known: frozenset[str]) -> str:
    """What to do in place of calling ``name``: the way round it, or the nearest name that is known."""
    for start, advice in _INSTEAD.items():
        if name == start or (start.endswith(".") and name.startswith(start)):
            return advice
    near = get_close_matches(name, ALLOWED | known, n=1)
    return f"did you mean {near[0]}?" if near else "see the list of functions in policies/README.md"
