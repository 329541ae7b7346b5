/* score_rows.c - a program that knows only the installed header: describes a model, scores the rows
 * of a small table from four threads, prints the scores and says how good they are.
 *
 * score_rows MODEL TABLE TRUTH: the table is plain CSV without quotes; TRUTH names its column. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <rowcast.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CELLS = 256, LINE_BYTES = 1 << 16, N_THREADS = 4 };

typedef struct table {
    char *names[MOST_CELLS];
    size_t n_columns, n_rows;
    char **cells; /* (n_rows, n_columns) */
} table;

/* What the threads share, and nobody changes but in rows of its own. */
typedef struct task {
    const rc_scorer *scorer;
    rc_scorer_info info;
    double *x;               /* (n_rows, n_inputs) */
    double *truth;           /* (n_rows, width): a regression's */
    const char **truth_text; /* (n_rows): a classification's */
    double *value;           /* (n_rows, width) */
    uint32_t *label;         /* (n_rows) */
    rc_measure_options measured;
} task;

typedef struct part {
    const task *task;
    size_t first, n;
    rc_measure *measure;
    rc_status status;
    rc_error err;
} part;

static void stop(const rc_error *err)
{
    fprintf(stderr, "score_rows: %s\n", err->text);
    exit(1);
}

static void *allocate(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    if (p == NULL)
        exit(1);
    return p;
}

static size_t split(char *line, char **cells)
{
    size_t n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    do {
        cells[n++] = line;
        line = strchr(line, ',');
        if (line != NULL)
            *line++ = '\0';
    } while (line != NULL && n < MOST_CELLS);
    return n;
}

static void read_table(table *t, const char *path)
{
    static char line[LINE_BYTES];
    char *cells[MOST_CELLS];
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof(line), file) == NULL)
        exit(1);
    t->n_columns = split(strdup(line), t->names);
    while (fgets(line, sizeof(line), file) != NULL) {
        t->cells = realloc(t->cells, (t->n_rows + 1) * t->n_columns * sizeof(char *));
        if (t->cells == NULL || split(strdup(line), cells) != t->n_columns)
            exit(1);
        memcpy(t->cells + t->n_rows++ * t->n_columns, cells, t->n_columns * sizeof(char *));
    }
    fclose(file);
}

static void describe(const rc_scorer *scorer, const rc_scorer_info *info)
{
    static const char *const tasks[] = {"regression", "binary", "multiclass"};
    rc_error err;
    printf("# %s, %s, link %s, %s, sha256 %.8s\n", tasks[info->task],
           info->dtype == RC_FLOAT32 ? "float32" : "float64", info->link, info->format,
           info->sha256);
    for (size_t i = 0; i < info->n_inputs; i++) {
        rc_input_info input = {.struct_bytes = sizeof(input)};
        if (rc_scorer_input(scorer, i, &input, &err) < 0)
            stop(&err);
        printf("# input %s: %s of %zu values, missing %s\n", input.name ? input.name : "?",
               input.is_category ? "category" : "number", input.values.n,
               input.missing_refuses ? "refused" : "replaced");
    }
    for (size_t i = 0; i < info->n_classes; i++)
        printf("# class %s\n", rc_scorer_class(scorer, i));
}

/* Texts to numbers, as the tool has them. */
static void fill_inputs(task *job, const table *t)
{
    rc_error err;
    size_t n = job->info.n_inputs, *columns = allocate(n, sizeof(size_t));
    rc_strings names = {(const char *const *)t->names, t->n_columns};
    if (rc_scorer_bind(job->scorer, names, columns, &err) < 0)
        stop(&err);
    job->x = allocate(t->n_rows * n, sizeof(double));
    for (size_t r = 0; r < t->n_rows; r++)
        for (size_t i = 0; i < n; i++) {
            const char *cell = t->cells[r * t->n_columns + columns[i]];
            if (rc_scorer_code(job->scorer, i, cell, strlen(cell), &job->x[r * n + i], &err) < 0)
                stop(&err);
        }
    free(columns);
}

static void fill_truth(task *job, const table *t, const char *name)
{
    size_t c = 0;
    while (c < t->n_columns && strcmp(t->names[c], name) != 0)
        c++;
    if (c == t->n_columns)
        exit(1);
    job->truth = allocate(t->n_rows, sizeof(double));
    job->truth_text = allocate(t->n_rows, sizeof(char *));
    for (size_t r = 0; r < t->n_rows; r++) {
        job->truth_text[r] = t->cells[r * t->n_columns + c];
        if (job->info.task == RC_TASK_REGRESSION)
            job->truth[r] = strtod(job->truth_text[r], NULL);
    }
}

/* The true labels of a part, numbered by its own measure. */
static rc_status number_labels(part *p, uint32_t *labels)
{
    rc_status st = RC_OK;
    for (size_t r = 0; r < p->n && st == RC_OK && p->task->label != NULL; r++) {
        const char *text = p->task->truth_text[p->first + r];
        st = rc_measure_label(p->measure, text, strlen(text), &labels[r], &p->err);
    }
    return st;
}

/* One thread: a workspace and a measure of its own. */
static void *score(void *context)
{
    part *p = context;
    const task *job = p->task;
    size_t width = job->info.width;
    uint32_t *labels = allocate(p->n, sizeof(uint32_t));
    rc_workspace *workspace = NULL;
    rc_rows_f64 rows = {.x = job->x + p->first * job->info.n_inputs, .n_rows = p->n};
    rc_scores_f64 scores = {.value = job->value + p->first * width,
                            .label = job->label ? job->label + p->first : NULL};
    rc_measured_rows measured = {.n_rows = p->n,
                                 .value = scores.value,
                                 .label = scores.label,
                                 .truth = job->truth + p->first,
                                 .truth_label = labels};
    if ((p->status = rc_measure_open(&p->measure, &job->measured, &p->err)) == RC_OK &&
        (p->status = rc_workspace_open(&workspace, job->scorer, &p->err)) == RC_OK &&
        (p->status = rc_scorer_score_f64(job->scorer, workspace, &rows, &scores, &p->err)) ==
            RC_OK &&
        (p->status = number_labels(p, labels)) == RC_OK)
        p->status = rc_measure_add(p->measure, &measured, &p->err);
    rc_workspace_close(workspace);
    free(labels);
    return NULL;
}

/* Returns the measure of all rows. */
static rc_measure *score_all(const task *job, size_t n_rows)
{
    part parts[N_THREADS] = {{0}};
    pthread_t threads[N_THREADS];
    rc_error err;
    for (size_t i = 0; i < N_THREADS; i++) {
        size_t first = n_rows * i / N_THREADS, end = n_rows * (i + 1) / N_THREADS;
        parts[i] = (part){.task = job, .first = first, .n = end - first};
        if (pthread_create(&threads[i], NULL, score, &parts[i]) != 0)
            exit(1);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        if (parts[i].status < 0)
            stop(&parts[i].err);
        if (i > 0 && rc_measure_merge(parts[0].measure, parts[i].measure, &err) < 0)
            stop(&err);
        if (i > 0)
            rc_measure_close(parts[i].measure);
    }
    return parts[0].measure;
}

static void print_rows(const task *job, size_t n_rows)
{
    for (size_t r = 0; r < n_rows; r++) {
        if (job->label != NULL)
            printf("%s,", rc_scorer_class(job->scorer, job->label[r]));
        for (size_t k = 0; k < job->info.width; k++)
            printf("%.17g%c", job->value[r * job->info.width + k],
                   k + 1 < job->info.width ? ',' : '\n');
    }
}

static void print_metrics(rc_measure *measure)
{
    rc_error err;
    rc_metric metric = {.struct_bytes = sizeof(metric)};
    rc_status st;
    for (size_t i = 0; (st = rc_measure_at(measure, i, &metric, &err)) == RC_OK; i++) {
        if (metric.is_defined)
            printf("# metric %.17g %s\n", metric.value, metric.name);
        else
            printf("# metric null %s\n# because: %s\n", metric.name, metric.undefined);
    }
    if (st < 0)
        stop(&err);
}

int main(int argc, char **argv)
{
    rc_error err = {0};
    rc_scorer *scorer;
    table t = {0};
    if (argc != 4)
        return 2;
    if (rc_scorer_open(&scorer, argv[1], NULL, &err) < 0)
        stop(&err);
    task job = {.scorer = scorer, .info = {.struct_bytes = sizeof(job.info)}};
    if (rc_scorer_describe(scorer, &job.info, &err) < 0)
        stop(&err);
    describe(scorer, &job.info);
    rc_measure_options_of(&job.measured, scorer);
    read_table(&t, argv[2]);
    fill_inputs(&job, &t);
    fill_truth(&job, &t, argv[3]);
    job.value = allocate(t.n_rows * job.info.width, sizeof(double));
    if (job.info.task != RC_TASK_REGRESSION)
        job.label = allocate(t.n_rows, sizeof(uint32_t));
    rc_measure *measure = score_all(&job, t.n_rows);
    print_rows(&job, t.n_rows);
    print_metrics(measure);
    rc_measure_close(measure);
    rc_scorer_close(scorer);
    return 0;
}
