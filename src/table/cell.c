/* cell.c - what one cell of text is: a number, missing, or something else. */
#include "table/cell.h"

#include <string.h>

static const char *const missing_texts[] = {"NA",   "N/A",  "n/a",  "NaN",  "nan", "-nan",
                                            "NULL", "null", "None", "<NA>", "#N/A"};

const rc_missing_list rc_missing_default = {.items = missing_texts,
                                            .n = sizeof(missing_texts) / sizeof(*missing_texts)};

void rc_cell_trim(const char **begin, const char **end)
{
    while (*begin < *end && (**begin == ' ' || **begin == '\t'))
        ++*begin;
    while (*begin < *end && ((*end)[-1] == ' ' || (*end)[-1] == '\t'))
        --*end;
}

bool rc_cell_is_missing(const rc_missing_list *list, const char *text, size_t n)
{
    const char *end = text + n;
    rc_cell_trim(&text, &end);
    n = (size_t)(end - text);
    if (n == 0)
        return true;
    for (size_t i = 0; i < list->n; i++)
        if (strlen(list->items[i]) == n && memcmp(list->items[i], text, n) == 0)
            return true;
    return false;
}
