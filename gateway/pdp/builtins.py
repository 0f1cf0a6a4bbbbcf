"""The builtin functions that a policy may call: those whose answer depends on their arguments alone.

Not here, and so refused: anything that reaches the network, the clock, randomness or the process
(``http.send``, ``net.lookup_ip_addr``, ``time.now_ns``, ``rand.intn``, ``uuid.rfc4122``, ``opa.runtime``),
for a decision must come out the same when it is replayed; what the two engines do not share; and what makes
much out of little (``numbers.range``), for no limit of the engine counts inside a builtin.
"""

ALLOWED = frozenset(
    """
    abs all any ceil floor round count max min product sort sum
    array.concat array.flatten array.reverse array.slice and or intersection union
    bits.and bits.lsh bits.negate bits.or bits.rsh bits.xor
    concat contains endswith format_int indexof indexof_n lower upper replace split sprintf startswith
    strings.any_prefix_match strings.any_suffix_match strings.replace_n strings.reverse substring trim
    trim_left trim_prefix trim_right trim_space trim_suffix
    glob.match glob.quote_meta regex.find_n regex.is_valid regex.match regex.replace regex.split
    is_array is_boolean is_null is_number is_object is_set is_string type_name to_number
    object.filter object.get object.keys object.remove object.subset object.union object.union_n
    json.filter json.is_valid json.marshal json.patch json.remove json.unmarshal
    base64.decode base64.encode base64.is_valid base64url.decode base64url.encode hex.decode hex.encode
    crypto.md5 crypto.sha1 crypto.sha256 semver.compare semver.is_valid
    time.add_date time.clock time.date time.diff time.parse_duration_ns time.parse_rfc3339_ns time.weekday
    units.parse units.parse_bytes internal.member_2 internal.member_3
    """.split()  # noqa: SIM905 (read by people: one family of functions a line)
)
