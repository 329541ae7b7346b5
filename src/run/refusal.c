/* refusal.c - a row that cannot be scored: why, and where it stands. */
#include "run/refusal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

void rc_refusal_set(rc_refusal *refusal, rc_refusal_kind kind, size_t column, const char *cause,
                    const char *value, size_t n)
{
    char quoted[RC_QUOTED_BYTES];
    refusal->kind = kind;
    refusal->column = column;
    if (n == 0)
        snprintf(refusal->text, sizeof(refusal->text), "%s", cause);
    else
        snprintf(refusal->text, sizeof(refusal->text), "%s: '%s'", cause,
                 rc_text_quote(value, n, quoted));
}

const char *rc_refusal_name(rc_refusal_kind kind)
{
    static const char *const names[] = {
        [RC_REFUSAL_NONE] = "",
        [RC_REFUSAL_CAST] = "cast",
        [RC_REFUSAL_MISSING_COLUMNS] = "missing_columns",
        [RC_REFUSAL_TOO_MANY_COLUMNS] = "too_many_columns",
        [RC_REFUSAL_UNTERMINATED_QUOTE] = "unterminated_quote",
        [RC_REFUSAL_LINE_TOO_LONG] = "line_too_long",
        [RC_REFUSAL_INVALID_UTF8] = "invalid_utf8",
        [RC_REFUSAL_MISSING_VALUE] = "missing_value",
        [RC_REFUSAL_UNSEEN_CATEGORY] = "unseen_category",
        [RC_REFUSAL_OUT_OF_RANGE] = "out_of_range",
        [RC_REFUSAL_NON_FINITE_SCORE] = "non_finite_score",
    };
    return names[kind];
}

/* Where the text stands among those of the rows: often the row before is refused with the same. */
static bool place_text(rc_refused_rows *rows, const char *text, size_t n, uint32_t *at)
{
    const rc_refused_row *last = rows->n > 0 ? &rows->items[rows->n - 1] : NULL;
    if (last != NULL && last->n_text == n && memcmp(rows->texts.data + last->text, text, n) == 0) {
        *at = last->text;
        return true;
    }
    *at = (uint32_t)rows->texts.n;
    return rows->texts.n + n <= UINT32_MAX && rc_buf_append(&rows->texts, text, n);
}

bool rc_refused_rows_add(rc_refused_rows *rows, const rc_refusal *refusal, rc_refused_row where,
                         uint64_t most)
{
    void *items = rows->items;
    size_t n = strlen(refusal->text);
    if (rows->n_all++ >= most)
        return true;
    if (!rc_grow(&items, &rows->capacity, rows->n + 1, sizeof(*rows->items)))
        return false;
    rows->items = items;
    where.kind = refusal->kind;
    where.column = refusal->column;
    where.n_text = (uint32_t)n;
    if (!place_text(rows, refusal->text, n, &where.text))
        return false;
    rows->items[rows->n++] = where;
    return true;
}

void rc_refused_rows_reset(rc_refused_rows *rows)
{
    rows->n_all = rows->n = 0;
    rows->texts.n = 0;
}

void rc_refused_rows_release(rc_refused_rows *rows)
{
    free(rows->items);
    rc_buf_release(&rows->texts);
    *rows = (rc_refused_rows){0};
}

rc_status rc_refusal_error(const rc_schema *schema, size_t column, const char *text, size_t n,
                           rc_error *err)
{
    char label[192];
    if (column == RC_NO_COLUMN)
        return rc_error_set(err, RC_E_DATA, "%.*s", (int)n, text);
    return rc_error_set(err, RC_E_DATA, "column %s: %.*s", rc_column_label(schema, column, label),
                        (int)n, text);
}
