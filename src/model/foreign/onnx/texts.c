/* texts.c - cells of texts: what is put in their place, and which of a list they are. */
#include "model/foreign/onnx/ops.h"

enum { MOST_TEXTS = 1000000 }; /* in one place */

#define EMPTY_TEXT "<empty>" /* what an empty cell is in a category */

/* -- what becomes of a text ----------------------------------------------------------------------
 */

/* The number of a text in a list, by an object; -1: it is not there. */
static json_int_t number_in(const json_t *numbers, const char *text)
{
    const json_t *found = json_object_get(numbers, text);
    return found != NULL ? json_integer_value(found) : -1;
}

/* An object of texts and their numbers: the first of equals. NULL: no memory, which is kept. */
static json_t *numbers_of(rc_graph *g, const char *const *texts, size_t n)
{
    json_t *numbers = json_object();
    for (size_t i = 0; numbers != NULL && i < n; i++)
        if (json_object_get(numbers, texts[i]) == NULL &&
            json_object_set_new(numbers, texts[i], json_integer((json_int_t)i)) != 0) {
            json_decref(numbers);
            numbers = NULL;
        }
    if (numbers == NULL)
        rc_tape_fail(g->tape, "no memory for the inputs");
    return numbers;
}

/* What the map makes of a text that is its key, or is not (text NULL: none of them). */
static const char *mapped(const rc_text_map *map, const json_t *numbers, const char *text)
{
    json_int_t i = map != NULL && text != NULL ? number_in(numbers, text) : -1;
    if (i >= 0)
        return map->values[i];
    return map != NULL && map->otherwise != NULL ? map->otherwise : text;
}

/* Texts of a column of which something is made, each once: keys of the cell's map, then, if others
 * stay, those of the list that are none. keys and places are objects of these. */
static const char **sources(rc_graph *g, const rc_text_cell *cell, const json_t *keys,
                            const char *const *list, const json_t *places, size_t n,
                            size_t *n_sources)
{
    size_t n_keys = cell->map != NULL ? cell->map->n : 0;
    bool stay = cell->map == NULL || cell->map->otherwise == NULL;
    const char **all = rc_tape_alloc(g->tape, n_keys + n + 1, sizeof(*all));
    *n_sources = 0;
    for (size_t i = 0; all != NULL && i < n_keys; i++)
        if (number_in(keys, cell->map->keys[i]) == (json_int_t)i)
            all[(*n_sources)++] = cell->map->keys[i];
    for (size_t i = 0; all != NULL && stay && i < n; i++)
        if ((n_keys == 0 || number_in(keys, list[i]) < 0) &&
            number_in(places, list[i]) == (json_int_t)i)
            all[(*n_sources)++] = list[i];
    return all;
}

const rc_text_map *rc_text_compose(rc_graph *g, const rc_text_cell *cell, const rc_text_map *then)
{
    const rc_text_map *map = cell->map;
    json_t *first = map != NULL ? numbers_of(g, map->keys, map->n) : NULL;
    json_t *second = numbers_of(g, then->keys, then->n);
    rc_text_map *out = rc_tape_alloc(g->tape, 1, sizeof(*out));
    size_t n = 0;
    const char **keys = sources(g, cell, first, then->keys, second, then->n, &n);
    const char **values = rc_tape_alloc(g->tape, n + 1, sizeof(*values));
    if (out != NULL && keys != NULL && values != NULL && !rc_is_failed(g)) {
        for (size_t i = 0; i < n; i++)
            values[i] = mapped(then, second, mapped(map, first, keys[i]));
        const char *other = mapped(then, second, mapped(map, first, NULL));
        *out = (rc_text_map){.n = n, .keys = keys, .values = values, .otherwise = other};
    }
    json_decref(first);
    json_decref(second);
    return out;
}

/* -- which of a list a text is -------------------------------------------------------------------
 */

/* Where a text that is no source of the cell ends in the list; -1: nowhere. */
static double place_of_others(const rc_text_cell *cell, const json_t *places)
{
    const char *other = cell->map != NULL ? cell->map->otherwise : NULL;
    return other != NULL ? (double)number_in(places, other) : -1;
}

/* Keys of the column, without those that are nowhere where that is an error, and their places. */
static size_t found(rc_graph *g, const rc_text_cell *cell, const json_t *places, const char **keys,
                    double *numbers, size_t n, bool is_error)
{
    json_t *first = cell->map != NULL ? numbers_of(g, cell->map->keys, cell->map->n) : NULL;
    size_t n_found = 0;
    for (size_t i = 0; i < n && !rc_is_failed(g); i++) {
        json_int_t place = number_in(places, mapped(cell->map, first, keys[i]));
        if (place < 0 && is_error)
            continue;
        rc_graph_text(g, cell->column, keys[i], is_error && place_of_others(cell, places) < 0);
        keys[n_found] = keys[i][0] == '\0' ? EMPTY_TEXT : keys[i];
        numbers[n_found++] = (double)place;
    }
    json_decref(first);
    return n_found;
}

rc_value rc_text_place(rc_graph *g, const rc_text_cell *cell, const char *const *list, size_t n,
                       bool is_error)
{
    size_t n_keys = 0;
    json_t *places = numbers_of(g, list, n);
    json_t *first =
        cell->map != NULL && places != NULL ? numbers_of(g, cell->map->keys, cell->map->n) : NULL;
    const char **keys = sources(g, cell, first, list, places, n, &n_keys);
    double *numbers = rc_tape_alloc(g->tape, n_keys + 1, sizeof(double));
    rc_value v = RC_NO_VALUE;
    if (n_keys > MOST_TEXTS)
        rc_tape_fail(g->tape, "a shape that cannot be scored");
    if (keys != NULL && numbers != NULL && !rc_is_failed(g)) {
        double other = place_of_others(cell, places);
        n_keys = found(g, cell, places, keys, numbers, n_keys, is_error);
        rc_matrix table = rc_matrix_of(RC_NUMBER_F64, numbers, n_keys, 1);
        v = rc_tape_lookup_texts(g->tape, g->texts[cell->column].v, keys, n_keys, &table,
                                 is_error && other < 0 ? NULL : &other);
    }
    json_decref(places);
    json_decref(first);
    return v;
}

/* -- a text where a condition on it holds --------------------------------------------------------
 */

void rc_text_set_test(rc_graph *g, const rc_tensor *t, const char *const *keys,
                      const double *numbers, size_t n, double otherwise, rc_tensor *out)
{
    rc_text_test *test = rc_tape_alloc(g->tape, 1, sizeof(*test));
    bool is_truth = t->n == 1 && (otherwise == 0 || otherwise == 1);
    for (size_t i = 0; is_truth && i < n; i++)
        is_truth = numbers[i] == 0 || numbers[i] == 1;
    if (test == NULL || !is_truth)
        return;
    *test = (rc_text_test){t->cells[0], n, keys, numbers, otherwise};
    out->test = test;
}

/* The text of a side of Where: a constant, or what becomes of the column's text. */
typedef struct side {
    const char *constant;
    const rc_text_map *map;
    json_t *keys;
} side;

static bool is_side(rc_graph *g, const rc_tensor *condition, const rc_tensor *t, side *s)
{
    *s = (side){0};
    if (t->n == 1 && t->texts != NULL && t->rank <= condition->rank) {
        s->constant = t->texts[0];
        return true;
    }
    if (t->kind != RC_T_TEXTS || t->n != 1 || t->rank != condition->rank ||
        t->rows != condition->rows || t->cells[0].column != condition->test->of.column)
        return false;
    s->map = t->cells[0].map;
    s->keys = s->map != NULL ? numbers_of(g, s->map->keys, s->map->n) : NULL;
    return true;
}

static const char *text_of(const side *s, const char *key)
{
    return s->constant != NULL ? s->constant : mapped(s->map, s->keys, key);
}

/* Whether the condition holds for a text of the column (NULL: any that is named nowhere). */
static bool holds(const rc_text_test *test, const side *tested, const json_t *keys, const char *key)
{
    const char *text = text_of(tested, key);
    json_int_t i = text != NULL ? number_in(keys, text) : -1;
    return (i >= 0 ? test->numbers[i] : test->otherwise) != 0;
}

/* Each text of a list once: how many are left. */
static size_t distinct(rc_graph *g, const char **list, size_t n)
{
    json_t *numbers = numbers_of(g, list, n);
    size_t n_left = 0;
    for (size_t i = 0; numbers != NULL && i < n; i++)
        if (number_in(numbers, list[i]) == (json_int_t)i)
            list[n_left++] = list[i];
    json_decref(numbers);
    return n_left;
}

/* All texts that the sides and the test name, as one list. */
static const char **named(rc_graph *g, const rc_text_test *test, const side *const *sides,
                          size_t *n)
{
    size_t most = test->n;
    for (size_t k = 0; k < 3; k++)
        most += sides[k]->map != NULL ? sides[k]->map->n : 0;
    const char **all = rc_tape_alloc(g->tape, most + 1, sizeof(*all));
    *n = 0;
    for (size_t i = 0; all != NULL && i < test->n; i++)
        all[(*n)++] = test->keys[i];
    for (size_t k = 0; all != NULL && k < 3; k++)
        for (size_t i = 0; sides[k]->map != NULL && i < sides[k]->map->n; i++)
            all[(*n)++] = sides[k]->map->keys[i];
    *n = all != NULL ? distinct(g, all, *n) : 0;
    return all;
}

static const rc_text_map *choose(rc_graph *g, const rc_text_test *test, const side *tested,
                                 const side *then, const side *other)
{
    size_t n = 0;
    json_t *keys = numbers_of(g, test->keys, test->n);
    const char **all = named(g, test, (const side *const[]){tested, then, other}, &n);
    const char **values = rc_tape_alloc(g->tape, n + 1, sizeof(*values));
    rc_text_map *out = rc_tape_alloc(g->tape, 1, sizeof(*out));
    if (keys == NULL || all == NULL || values == NULL || out == NULL) {
        json_decref(keys);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        values[i] = text_of(holds(test, tested, keys, all[i]) ? then : other, all[i]);
    const char *rest = text_of(holds(test, tested, keys, NULL) ? then : other, NULL);
    *out = (rc_text_map){.n = n, .keys = all, .values = values, .otherwise = rest};
    json_decref(keys);
    return out;
}

bool rc_text_where(rc_graph *g, const rc_tensor *const *in, rc_tensor *out)
{
    const rc_text_test *test = in[0]->test;
    rc_text_cell *cell = rc_tape_alloc(g->tape, 1, sizeof(*cell));
    if (test == NULL || cell == NULL || (in[1]->kind != RC_T_TEXTS && in[2]->kind != RC_T_TEXTS))
        return false;
    side then, other, tested = {.map = test->of.map};
    bool ok = is_side(g, in[0], in[1], &then);
    ok = is_side(g, in[0], in[2], &other) && ok;
    if (ok && tested.map != NULL)
        tested.keys = numbers_of(g, tested.map->keys, tested.map->n);
    if (ok && !rc_is_failed(g)) {
        *cell = (rc_text_cell){.column = test->of.column,
                               .map = choose(g, test, &tested, &then, &other)};
        *out = in[1]->kind == RC_T_TEXTS ? *in[1] : *in[2];
        out->cells = cell;
    }
    json_decref(then.keys);
    json_decref(other.keys);
    json_decref(tested.keys);
    return ok;
}
