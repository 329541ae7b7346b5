/* inspect_report.c - what is in a report, as JSON and as text. */
#include "base/text.h"
#include "report/format.h"
#include "report/inspect_parts.h"

enum { SUPPORTED_VERSION = 1, DATA_SHOWN = 8 };

static rc_status refuse_kind(const char *name, const char *expected, rc_error *err)
{
    return rc_error_set(err, RC_E_DATA, "a report whose '%s' is not %s", name, expected);
}

/* Before the other members: another version may have others. */
static rc_status check_version(const json_t *report, rc_error *err)
{
    const json_t *version = json_object_get(report, "version");
    if (!json_is_number(version))
        return refuse_kind("version", "a number", err);
    double x = json_number_value(version);
    char text[RC_NUM_BYTES + 1];
    if (x >= SUPPORTED_VERSION && x <= SUPPORTED_VERSION)
        return RC_OK;
    text[rc_num_print_f64(x, text)] = '\0';
    return rc_error_set(err, RC_E_DATA, "a report of version %s; this version of rowcast knows %d",
                        text, SUPPORTED_VERSION);
}

/* What every report has, and of what kind members are that are shown. */
static rc_status check(const json_t *report, rc_error *err)
{
    static const struct {
        const char *name;
        json_type type;
        const char *expected;
        bool is_needed;
    } members[] = {
        {"task", JSON_STRING, "a text", true},
        {"rows", JSON_OBJECT, "an object", true},
        {"model", JSON_OBJECT, "an object", true},
        {"metrics", JSON_OBJECT, "an object", false},
        {"positive", JSON_STRING, "a text", false},
        {"undefined", JSON_OBJECT, "an object", false},
        {"requirements", JSON_ARRAY, "a list", false},
        {"data", JSON_ARRAY, "a list", false},
        {"run", JSON_OBJECT, "an object", false},
    };
    RC_TRY(check_version(report, err));
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
        const json_t *value = json_object_get(report, members[i].name);
        if (value == NULL ? members[i].is_needed : json_typeof(value) != members[i].type)
            return refuse_kind(members[i].name, members[i].expected, err);
    }
    return RC_OK;
}

/* Members without those of single classes and targets: NAME[KEY]. */
static json_t *short_form(const json_t *object)
{
    json_t *made = json_object();
    const char *name;
    json_t *value;
    bool ok = true;
    json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
        if (strchr(name, '[') == NULL)
            ok = ok && rc_put(made, name, json_incref(value));
    }
    return rc_json_keep(made, ok);
}

static bool put_same(json_t *made, const json_t *report, const char *name)
{
    json_t *value = json_object_get(report, name);
    return value == NULL || rc_put(made, name, json_incref(value));
}

static bool put_short(json_t *made, const json_t *report, const char *name)
{
    const json_t *value = json_object_get(report, name);
    return value == NULL || rc_put(made, name, short_form(value));
}

rc_status rc_inspect_report(json_t **out, const rc_inspected *file, const json_t *report,
                            rc_error *err)
{
    *out = NULL;
    RC_TRY(check(report, err));
    *out = rc_json_begin("report", file);
    bool ok = put_same(*out, report, "version") && put_same(*out, report, "task") &&
              put_same(*out, report, "positive") && put_same(*out, report, "rows") &&
              put_short(*out, report, "metrics") && put_short(*out, report, "undefined") &&
              put_same(*out, report, "requirements") && put_same(*out, report, "model") &&
              put_same(*out, report, "data") && put_same(*out, report, "run");
    *out = rc_json_keep(*out, ok);
    return ok ? RC_OK : rc_error_nomem(err);
}

/* A scalar member; absent, or of another kind, it is "-". */
static bool put_member(rc_buf *out, const json_t *object, const char *name)
{
    return json_object_get(object, name) != NULL ? rc_text_member(out, object, name)
                                                 : rc_text_line(out, name, "-");
}

static bool put_rows(rc_buf *out, const json_t *rows)
{
    const char *name;
    json_t *value;
    bool ok = rc_text_label(out, "rows"), is_first = true;
    json_object_foreach ((json_t *)(uintptr_t)rows, name, value) {
        ok = ok && (is_first || rc_buf_text(out, ", ")) &&
             rc_format_label(out, name, strlen(name)) && rc_buf_text(out, " ") &&
             rc_text_value(out, value);
        is_first = false;
    }
    return ok && rc_buf_text(out, "\n");
}

/* Paths and hashes are shown whole. */
static bool put_text(rc_buf *out, const char *name, const json_t *value)
{
    if (!json_is_string(value))
        return rc_text_line(out, name, "-");
    return rc_text_label(out, name) &&
           rc_format_text(out, json_string_value(value), json_string_length(value)) &&
           rc_buf_text(out, "\n");
}

static bool put_data(rc_buf *out, const json_t *data)
{
    bool ok = true;
    size_t n = json_array_size(data);
    for (size_t i = 0; i < n && i < DATA_SHOWN && ok; i++) {
        const json_t *path = json_object_get(json_array_get(data, i), "path");
        ok = !json_is_string(path) || put_text(out, i == 0 ? "data" : "", path);
    }
    return ok && (n <= DATA_SHOWN || rc_buf_printf(out, "  ... and %zu more\n", n - DATA_SHOWN));
}

static bool put_metric(rc_grid *grid, const char *name, const json_t *value,
                       const json_t *undefined)
{
    const char *reason = json_string_value(json_object_get(undefined, name));
    bool ok = rc_format_label(&grid->text, name, strlen(name)) && rc_grid_end_cell(grid);
    if (json_is_number(value))
        ok = ok && rc_format_short(&grid->text, json_number_value(value));
    else
        ok = ok && rc_buf_text(&grid->text, "undefined: ") &&
             (reason == NULL || rc_format_text(&grid->text, reason, strlen(reason)));
    return ok && rc_grid_end_cell(grid);
}

static bool put_metrics(rc_buf *out, const json_t *made)
{
    const json_t *undefined = json_object_get(made, "undefined");
    json_t *metrics = json_object_get(made, "metrics");
    rc_grid grid = {.n_columns = 2};
    const char *name;
    json_t *value;
    bool ok = metrics == NULL || rc_buf_text(out, "\nmetrics:\n");
    json_object_foreach (metrics, name, value)
        ok = ok && put_metric(&grid, name, value, undefined);
    ok = ok && rc_grid_print(&grid, SIZE_MAX, out, NULL);
    rc_grid_release(&grid);
    return ok;
}

static bool put_requirement(rc_grid *grid, const json_t *requirement, size_t i)
{
    (void)i;
    rc_buf *text = &grid->text;
    const json_t *value = json_object_get(requirement, "value");
    const char *asked = json_string_value(json_object_get(requirement, "text"));
    const char *reason = json_string_value(json_object_get(requirement, "reason"));
    bool holds = json_is_true(json_object_get(requirement, "holds"));
    bool ok = rc_buf_text(text, holds ? "ok" : "FAILED") && rc_grid_end_cell(grid) &&
              (asked == NULL || rc_format_text(text, asked, strlen(asked))) &&
              rc_grid_end_cell(grid);
    if (json_is_number(value))
        ok = ok && rc_buf_text(text, "value ") && rc_format_exact(text, json_number_value(value));
    else if (reason != NULL)
        ok = ok && rc_buf_text(text, "undefined: ") && rc_format_text(text, reason, strlen(reason));
    return ok && rc_grid_end_cell(grid);
}

static bool put_requirements(rc_buf *out, const json_t *requirements)
{
    return json_array_size(requirements) == 0 ||
           (rc_buf_text(out, "\nrequirements:\n") &&
            rc_text_table(out, requirements, SIZE_MAX, 3, put_requirement));
}

bool rc_inspect_report_text(rc_buf *out, const json_t *made)
{
    const json_t *model = json_object_get(made, "model"), *run = json_object_get(made, "run");
    return rc_text_title(out, made, "a report") && rc_text_member(out, made, "task") &&
           rc_text_member(out, made, "positive") && put_rows(out, json_object_get(made, "rows")) &&
           put_text(out, "model", json_object_get(model, "path")) &&
           put_text(out, "sha256", json_object_get(model, "sha256")) &&
           put_data(out, json_object_get(made, "data")) && put_member(out, run, "started") &&
           put_member(out, run, "seconds") && put_metrics(out, made) &&
           put_requirements(out, json_object_get(made, "requirements"));
}
