"""SQL for what stands in a staged file's columns: ids and names as text, properties as one object.

Every length is looked at before a value is copied: a few bytes of a Parquet dictionary can stand
for gigabytes, and an overlong row is set aside with the beginnings of its values.
"""

from __future__ import annotations

from ..errors import InvalidFile
from ..lake.tables import identifier
from .files import Source
from .limits import MAX_ID_BYTES, MAX_PROPERTIES_BYTES
from .staging import RESERVED, Staged, scalar_json
from .text_files import SET_ASIDE
from .timestamps import INTEGERS

SHOWN = 200
"""Characters of a value that is too long which are kept with its row."""
TEXTS = ("VARCHAR", "JSON")


def fitting_sql(staged: Staged, where: str) -> str:
    """SELECT of the staged rows with `too_long_`; texts of such a row are cut to SHOWN."""
    texts = [column for column, kind in staged.columns.items() if kind in TEXTS]
    if staged.extras:
        texts.append(staged.extras)
    names = {column: identifier(column) for column in texts}
    ids = [c for c in texts if c in RESERVED and c != "properties"]
    tests = [f"coalesce(strlen({c}), 0) > {MAX_ID_BYTES}" for c in ids]
    rest = [f"coalesce(strlen({names[c]}), 0)" for c in texts if c not in ids]
    if rest:
        tests.append(f"{' + '.join(rest)} > {MAX_PROPERTIES_BYTES}")
    if not tests:
        return f"SELECT *, false AS too_long_ FROM {staged.table} WHERE {where}"
    cut = ", ".join(
        f"CASE WHEN too_long_ THEN left({n}, {SHOWN}) ELSE {n} END AS {n}" for n in names.values()
    )
    return (
        f"SELECT * REPLACE ({cut}) FROM (SELECT *, {' OR '.join(tests)} AS too_long_ "
        f"FROM {staged.table} WHERE {where})"
    )


def text_sql(source: Source, staged: Staged, column: str) -> str:
    """SQL for an id or a name as text. Raises InvalidFile for a type that is neither."""
    kind = staged.columns[column]
    numbers = column != "event" and kind in INTEGERS
    if numbers or kind in ("VARCHAR", '"NULL"') or kind.startswith(("UUID", "ENUM")):
        return column if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)"
    raise InvalidFile(
        f"{source.name}: the column {column} has the type {kind}; it must be text"
        f"{'' if column == 'event' else ' or whole numbers'}: convert it when exporting."
    )


def properties_sql(source: Source, staged: Staged) -> tuple[str, list[str]]:
    """SQL for the columns `properties`, `broken` and `raw` (the text of a broken one), and warnings
    about columns left out. Raises InvalidFile for a type that cannot be an object."""
    kind = staged.columns.get("properties", '"NULL"')
    own, broken, raw = "NULL::JSON", "false", "NULL::VARCHAR"
    if kind in TEXTS:
        raw = "CAST(properties AS VARCHAR)"
        parsed = "TRY_CAST(nullif(trim(CAST(properties AS VARCHAR)), '') AS JSON)"
        own = f"CASE WHEN json_type({parsed}) = 'OBJECT' THEN json({parsed}) END"
        broken = (
            "coalesce(trim(CAST(properties AS VARCHAR)), '') <> '' "
            f"AND coalesce(json_type({parsed}), 'BROKEN') NOT IN ('OBJECT', 'NULL')"
        )
    elif kind.startswith(("STRUCT", "MAP")):
        own = "json_merge_patch('{}', to_json(properties))"
    elif kind != '"NULL"':
        raise InvalidFile(
            f"{source.name}: the column properties has the type {kind}; it must be JSON text or a "
            "struct: convert it, or rename it so that it becomes a property."
        )
    pairs, left_out = [], []
    for column, type_ in staged.columns.items():
        if column in (*RESERVED, SET_ASIDE, staged.extras) or type_ == '"NULL"':
            continue
        value = scalar_json(column, type_)
        if value is None:
            left_out.append(f"{column} ({type_.split('(')[0].lower()})")
        else:
            pairs.append(f"{identifier(column)} := {value}")
    extras = identifier(staged.extras) if staged.extras else None
    if pairs:
        extras = f"to_json(struct_pack({', '.join(pairs)}))"
    if extras:
        # A merge patch drops nulls, and its second argument wins (RFC 7396).
        own = f"json_merge_patch(json_merge_patch('{{}}', {extras}), coalesce({own}, '{{}}'))"
    warnings = []
    if left_out:
        warnings.append(
            f"Columns left out because they are not flat: {', '.join(left_out)}. Put them inside "
            "properties to keep them."
        )
    text = f"coalesce(CAST({own} AS VARCHAR), '{{}}')"
    return f"{text} AS properties, {broken} AS broken, {raw} AS raw", warnings
