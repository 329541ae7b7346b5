/* ops_math.c - ONNX operators that work element by element. */
#include <math.h>

#include "model/foreign/onnx/ops.h"

/* -- one operand ---------------------------------------------------------------------------------
 */

typedef struct named_fn {
    const char *name;
    rc_elementwise fn;
    bool gives_bool;
} named_fn;

static const named_fn unary_fns[] = {
    {"Abs", RC_FN_ABS, false},     {"Ceil", RC_FN_CEIL, false},
    {"Erf", RC_FN_ERF, false},     {"Exp", RC_FN_EXP, false},
    {"Floor", RC_FN_FLOOR, false}, {"IsNaN", RC_FN_ISNAN, true},
    {"Log", RC_FN_LOG, false},     {"Neg", RC_FN_NEG, false},
    {"Not", RC_FN_NOT, true},      {"Reciprocal", RC_FN_RECIPROCAL, false},
    {"Round", RC_FN_ROUND, false}, {"Sign", RC_FN_SIGN, false},
    {"Sqrt", RC_FN_SQRT, false},   {"Sin", RC_FN_SIN, false},
    {"Cos", RC_FN_COS, false},     {NULL, RC_FN_ABS, false}};

static const named_fn binary_fns[] = {
    {"Add", RC_FN_ADD, false},  {"And", RC_FN_AND, true},        {"Div", RC_FN_DIV, false},
    {"Equal", RC_FN_EQ, true},  {"Greater", RC_FN_GT, true},     {"GreaterOrEqual", RC_FN_GE, true},
    {"Less", RC_FN_LT, true},   {"LessOrEqual", RC_FN_LE, true}, {"Max", RC_FN_MAX, false},
    {"Mean", RC_FN_ADD, false}, {"Min", RC_FN_MIN, false},       {"Mul", RC_FN_MUL, false},
    {"Or", RC_FN_OR, true},     {"Pow", RC_FN_POW, false},       {"Sub", RC_FN_SUB, false},
    {"Sum", RC_FN_ADD, false},  {"Xor", RC_FN_NE, true},         {NULL, RC_FN_ADD, false}};

static const named_fn *fn_of(const named_fn *list, const char *name)
{
    while (list->name != NULL && strcmp(list->name, name) != 0)
        list++;
    return list;
}

rc_tensor rc_op_apply1(rc_graph *g, rc_elementwise fn, const rc_tensor *t, int type)
{
    if (t->kind == RC_T_CONSTANT)
        return rc_fold_unary(g, fn, t, type);
    rc_op_computes_with(g, t);
    rc_value v = rc_tape_apply1(g->tape, fn, rc_t_value(g, t));
    return rc_t_like(t, type, rc_t_wrapped(g, v, type));
}

void rc_op_unary(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                 rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    const named_fn *named = fn_of(unary_fns, node->op_type);
    *out = rc_op_apply1(g, named->fn, t, named->gives_bool ? RC_ONNX_BOOL : t->type);
}

/* The infinities of one or both signs. */
void rc_op_is_inf(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                  rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    bool has_below = rc_node_int(node, "detect_negative", 1) != 0;
    bool has_above = rc_node_int(node, "detect_positive", 1) != 0;
    static const double above = INFINITY, below = -INFINITY, never = NAN;
    rc_tensor x = has_below && has_above ? rc_op_apply1(g, RC_FN_ABS, t, t->type) : *t;
    rc_tensor constant = rc_t_constant(t->type, 0, NULL,
                                       has_above   ? &above
                                       : has_below ? &below
                                                   : &never);
    *out = rc_op_apply2(g, RC_FN_EQ, &x, &constant, RC_ONNX_BOOL);
}

/* -- two operands --------------------------------------------------------------------------------
 */

/* A variable whose columns are those of the shape, or one for all. */
static rc_value wide_value(rc_graph *g, const rc_tensor *t, const rc_tensor *shape)
{
    rc_tensor v = *t;
    if (t->kind != RC_T_VARIABLE) {
        v.value = rc_t_value(g, t);
        v.kind = RC_T_VARIABLE;
    }
    rc_tensor wide = rc_t_expand(g, &v, shape);
    return wide.value;
}

const double *rc_op_wide_numbers(rc_graph *g, const rc_tensor *t, const rc_tensor *shape)
{
    rc_tensor wide = rc_t_expand(g, t, shape);
    return rc_t_numbers(g, &wide);
}

/* A variable that has fewer columns than it and a constant have together. */
static rc_value value_for_constant(rc_graph *g, const rc_tensor *t, const rc_tensor *shape)
{
    rc_value v = wide_value(g, t, shape);
    if (rc_tape_width(g->tape, v) == shape->n)
        return v;
    size_t *columns = rc_tape_alloc(g->tape, shape->n, sizeof(*columns)); /* all of column 0 */
    return columns != NULL ? rc_tape_select(g->tape, v, columns, shape->n) : RC_NO_VALUE;
}

static rc_value apply_constant(rc_graph *g, rc_elementwise fn, const rc_tensor *v,
                               const rc_tensor *constant, bool is_first, const rc_tensor *shape)
{
    const double *numbers = rc_op_wide_numbers(g, constant, shape);
    rc_value value = value_for_constant(g, v, shape);
    if (numbers != NULL && rc_fold_has_rows(constant, rc_t_numbers(g, constant)))
        rc_tape_fail(g->tape, RC_ROWS_COMPUTED);
    if (numbers != NULL)
        rc_op_holds(g, constant->type, numbers, shape->n);
    if (rc_is_failed(g))
        return RC_NO_VALUE;
    if (fn == RC_FN_ADD && v->value == value && rc_graph_is_spent(g, value) &&
        rc_tape_add_bias(g->tape, value, numbers))
        return value;
    return rc_compose_with_constant(g->tape, fn, value, numbers, is_first);
}

/* The file may fix the number of rows, and have a constant for each of them: it is one row where
 * they are all the same. */
static const rc_tensor *one_row(rc_graph *g, const rc_tensor *c, const rc_tensor *v,
                                rc_tensor *copy)
{
    int from_end = v->rows < 0 ? 0 : (int)v->rank - v->rows;
    if (from_end == 0 || from_end > (int)c->rank || c->kind != RC_T_CONSTANT)
        return c;
    *copy = rc_t_one_row(g, c, c->rank - (unsigned)from_end);
    return copy;
}

/* Whether the result is the other side of a probability, perhaps: 1 - p. */
static bool is_complement(rc_graph *g, rc_elementwise fn, const rc_tensor *a, const rc_tensor *b)
{
    if (fn != RC_FN_SUB || a->kind != RC_T_CONSTANT || a->n != 1 || b->n != 1)
        return false;
    const double *numbers = rc_t_numbers(g, a);
    return numbers != NULL && numbers[0] == 1 && b->kind == RC_T_VARIABLE;
}

rc_tensor rc_op_apply2(rc_graph *g, rc_elementwise fn, const rc_tensor *a, const rc_tensor *b,
                       int type)
{
    rc_tensor shape, copies[2];
    const rc_tensor *both[] = {one_row(g, a, b, &copies[0]), one_row(g, b, a, &copies[1])};
    if (!rc_t_broadcast(g, both, 2, &shape))
        return shape;
    a = both[0], b = both[1];
    bool ac = a->kind == RC_T_CONSTANT, bc = b->kind == RC_T_CONSTANT;
    if (ac && bc)
        return rc_fold_binary(g, fn, a, b, &shape, type);
    rc_op_computes_with(g, a);
    rc_op_computes_with(g, b);
    rc_value v;
    if (ac || bc)
        v = apply_constant(g, fn, ac ? b : a, ac ? a : b, ac, &shape);
    else
        v = rc_tape_apply2(g->tape, fn, rc_of_value(wide_value(g, a, &shape)),
                           rc_of_value(wide_value(g, b, &shape)));
    if (fn == RC_FN_DIV && !rc_type_is_float(type))
        v = rc_compose_truncate(g->tape, v);
    rc_tensor out = rc_t_like(&shape, type, rc_t_wrapped(g, v, type));
    if (is_complement(g, fn, a, b)) {
        out.made_by = RC_BY_PAIR;
        out.raw = b->value;
    }
    bool is_score = (ac ? b : a)->made_by == RC_BY_LINK && (ac ? b : a)->link == RC_LINK_NONE;
    if ((ac || bc) && fn == RC_FN_ADD && is_score)
        rc_t_set_link(&out, RC_LINK_NONE, v);
    return out;
}

/* Before opset 7 the second operand was laid onto the first from an axis on. */
static rc_tensor align_old(rc_graph *g, const rc_onnx_node *node, const rc_tensor *a,
                           const rc_tensor *b)
{
    rc_tensor out = *b;
    int64_t axis = rc_node_int(node, "axis", -1);
    if (g->opset >= 7 || rc_node_int(node, "broadcast", 0) == 0 || axis < 0)
        return out;
    while (out.rank + (unsigned)axis < a->rank && out.rank < RC_ONNX_MAX_RANK)
        out.dims[out.rank++] = 1;
    return out;
}

/* Texts are equal to one text. */
static bool equal_texts(rc_graph *g, const rc_tensor *a, const rc_tensor *b, rc_tensor *out)
{
    const rc_tensor *t = a->kind == RC_T_TEXTS ? a : b, *c = t == a ? b : a;
    if (t->kind != RC_T_TEXTS)
        return false;
    rc_value *parts = rc_tape_alloc(g->tape, t->n, sizeof(*parts));
    static const double one = 1;
    if (c->texts == NULL || c->n != 1) {
        rc_tape_fail(g->tape, "texts are compared with one constant text only");
        return true;
    }
    for (size_t i = 0; parts != NULL && i < t->n; i++) {
        rc_value place = rc_text_place(g, &t->cells[i], c->texts, 1, false);
        parts[i] = rc_tape_apply2(g->tape, RC_FN_EQ, rc_of_value(place), rc_of_number(0));
    }
    if (parts == NULL || rc_is_failed(g))
        return true;
    *out = rc_t_like(t, RC_ONNX_BOOL, rc_tape_concat(g->tape, parts, t->n));
    rc_text_set_test(g, t, c->texts, &one, 1, 0, out);
    return true;
}

void rc_op_binary(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                  rc_tensor *out)
{
    const rc_tensor *a = rc_op_need(g, in, n_in, 0), *b = rc_op_need(g, in, n_in, 1);
    const named_fn *named = fn_of(binary_fns, node->op_type);
    if (rc_is_failed(g) || (named->fn == RC_FN_EQ && equal_texts(g, a, b, out)))
        return;
    rc_tensor aligned = align_old(g, node, a, b);
    *out = rc_op_apply2(g, named->fn, a, &aligned, named->gives_bool ? RC_ONNX_BOOL : a->type);
}

void rc_op_variadic(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                    rc_tensor *out)
{
    const named_fn *named = fn_of(binary_fns, node->op_type);
    *out = *rc_op_need(g, in, n_in, 0);
    for (size_t k = 1; k < n_in && !rc_is_failed(g); k++)
        *out = rc_op_apply2(g, named->fn, out, rc_op_need(g, in, n_in, k), out->type);
    if (strcmp(node->op_type, "Mean") != 0 || rc_is_failed(g))
        return;
    double *count = rc_tape_alloc(g->tape, 1, sizeof(double));
    if (count == NULL)
        return;
    *count = (double)n_in;
    rc_tensor divisor = rc_t_constant(out->type, 0, NULL, count);
    *out = rc_op_apply2(g, RC_FN_DIV, out, &divisor, out->type);
}

/* fmod has the sign of the first operand, the other that of the second. */
void rc_op_mod(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
               rc_tensor *out)
{
    const rc_tensor *a = rc_op_need(g, in, n_in, 0), *b = rc_op_need(g, in, n_in, 1);
    if (rc_is_failed(g))
        return;
    if (rc_node_int(node, "fmod", 0) == 0) {
        *out = rc_op_apply2(g, RC_FN_MOD, a, b, a->type);
        return;
    }
    rc_tensor size_a = rc_op_apply1(g, RC_FN_ABS, a, a->type);
    rc_tensor size_b = rc_op_apply1(g, RC_FN_ABS, b, b->type);
    rc_tensor rest = rc_op_apply2(g, RC_FN_MOD, &size_a, &size_b, a->type);
    rc_tensor sign = rc_op_apply1(g, RC_FN_SIGN, a, a->type);
    *out = rc_op_apply2(g, RC_FN_MUL, &sign, &rest, a->type);
}

/* -- three operands ------------------------------------------------------------------------------
 */

/* One number where the constant is the same everywhere. */
static rc_tape_operand operand_of(rc_graph *g, const rc_tensor *t, const rc_tensor *shape)
{
    const double *numbers = t->kind == RC_T_CONSTANT && t->n == 1 ? rc_t_numbers(g, t) : NULL;
    if (numbers != NULL)
        rc_op_holds(g, t->type, numbers, 1);
    if (numbers != NULL)
        return rc_of_number(numbers[0]);
    if (t->kind != RC_T_CONSTANT)
        return rc_of_value(wide_value(g, t, shape));
    numbers = rc_op_wide_numbers(g, t, shape);
    if (numbers == NULL)
        return rc_of_value(RC_NO_VALUE);
    rc_op_holds(g, t->type, numbers, shape->n);
    return rc_of_value(rc_tape_constant(g->tape, numbers, shape->n));
}

static rc_tensor where_constants(rc_graph *g, const rc_tensor *const *in, const rc_tensor *shape)
{
    const double *c = rc_op_wide_numbers(g, in[0], shape), *a = rc_op_wide_numbers(g, in[1], shape);
    const double *b = rc_op_wide_numbers(g, in[2], shape);
    double *numbers = rc_tape_alloc(g->tape, shape->n + 1, sizeof(double));
    for (size_t i = 0; !rc_is_failed(g) && i < shape->n; i++)
        numbers[i] = c[i] != 0 ? a[i] : b[i];
    return rc_fold_like(shape, in[1]->type, numbers);
}

static bool is_one_of_two(rc_graph *g, const rc_tensor *t)
{
    if (t->kind != RC_T_CONSTANT || t->n != 1 || t->texts != NULL)
        return false;
    const double *numbers = rc_t_numbers(g, t);
    return numbers != NULL && (numbers[0] == 0 || numbers[0] == 1);
}

/* Of one text or another: a label. */
static bool where_texts(rc_graph *g, const rc_tensor *const *in, rc_tensor *out)
{
    const rc_tensor *c = in[0], *a = in[1], *b = in[2];
    if (a->texts == NULL || b->texts == NULL || a->n != 1 || b->n != 1 ||
        c->kind != RC_T_VARIABLE || c->n != 1)
        return false;
    const char **texts = rc_tape_alloc(g->tape, 2, sizeof(*texts));
    if (texts == NULL)
        return true;
    texts[0] = b->texts[0];
    texts[1] = a->texts[0];
    *out = rc_label_of_truth(g, c, texts);
    return true;
}

static rc_value condition_of(rc_graph *g, const rc_tensor *t, const rc_tensor *shape)
{
    if (t->kind != RC_T_CONSTANT)
        return wide_value(g, t, shape);
    const double *numbers = rc_op_wide_numbers(g, t, shape);
    return numbers != NULL ? rc_tape_constant(g->tape, numbers, shape->n) : RC_NO_VALUE;
}

void rc_op_where(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                 rc_tensor *out)
{
    rc_tensor shape, copies[3];
    const rc_tensor *all[3];
    bool is_constant = true;
    (void)node;
    for (size_t k = 0; k < 3; k++) {
        all[k] = rc_op_need(g, in, n_in, k);
        is_constant = is_constant && all[k]->kind == RC_T_CONSTANT;
    }
    if (rc_is_failed(g) || rc_text_where(g, all, out) || where_texts(g, all, out))
        return;
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < 3; i++)
            all[k] = one_row(g, all[k], all[i], &copies[k]);
    if (!rc_t_broadcast(g, all, 3, &shape))
        return;
    if (is_constant) {
        *out = where_constants(g, all, &shape);
        return;
    }
    rc_op_computes(g, all[1]->type);
    rc_value v = rc_tape_if(g->tape, condition_of(g, all[0], &shape), operand_of(g, all[1], &shape),
                            operand_of(g, all[2], &shape));
    *out = rc_t_like(&shape, all[1]->type, v);
    out->is_truth = is_one_of_two(g, all[1]) && is_one_of_two(g, all[2]);
    if (rc_tape_width(g->tape, out->value) != shape.n && !rc_is_failed(g))
        out->value = value_for_constant(g, out, &shape);
}

/* -- types ---------------------------------------------------------------------------------------
 */

/* Types of four bits and of eight-bit floats would have to be rounded to. */
static bool is_scored(int type)
{
    return (type >= RC_ONNX_FLOAT && type <= RC_ONNX_UINT64) || type == RC_ONNX_BFLOAT16;
}

/* A number of the one type as the other holds it. */
static rc_value cast_value(rc_graph *g, const rc_tensor *t, int to)
{
    if (rc_type_is_float(to))
        return to == RC_ONNX_FLOAT ? rc_t_float_of(g, t->value, t->type) : t->value;
    rc_value v = rc_type_is_float(t->type) ? rc_compose_truncate(g->tape, t->value) : t->value;
    return rc_t_wrapped(g, v, to);
}

static void cast_variable(rc_graph *g, const rc_tensor *t, int to, rc_tensor *out)
{
    rc_value v = to == RC_ONNX_BOOL
                     ? rc_tape_apply2(g->tape, RC_FN_NE, rc_of_value(t->value), rc_of_number(0))
                     : cast_value(g, t, to);
    if (v != t->value)
        *out = rc_t_like(t, to, v);
    out->test = t->test; /* 0 and 1 stay so */
}

void rc_op_cast(rc_graph *g, const rc_onnx_node *node, const rc_tensor *const *in, size_t n_in,
                rc_tensor *out)
{
    const rc_tensor *t = rc_op_need(g, in, n_in, 0);
    bool is_like = strcmp(node->op_type, "CastLike") == 0;
    int to =
        is_like ? rc_op_need(g, in, n_in, 1)->type : (int)rc_node_int(node, "to", RC_ONNX_FLOAT);
    bool is_text = t->kind == RC_T_TEXTS || t->texts != NULL;
    *out = *t;
    out->type = to;
    if (!is_scored(to)) {
        char type[24];
        rc_tape_fail(g->tape, "elements of %s are not scored", rc_onnx_type_name(to, type));
    }
    if (rc_is_failed(g) || t->kind == RC_T_LABEL || (is_text && to == RC_ONNX_STRING))
        return;
    if (is_text)
        rc_tape_fail(g->tape, "texts are made numbers");
    else if (t->kind == RC_T_CONSTANT)
        *out = to == RC_ONNX_STRING ? *t : rc_fold_cast(g, t, to);
    else if (to != RC_ONNX_STRING && to != t->type && !t->is_truth)
        cast_variable(g, t, to, out);
    out->is_truth = t->is_truth || out->is_truth;
}
