/* h5_source.c - cut HDF5 inputs, joined as one table, into packets of rows. */
#include "run/h5_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "run/source.h"

/* An input that is open; those that packets may still speak of stay so until the end. */
typedef struct part {
    rc_h5_file *file;
    rc_h5_input packet; /* what packets know of it */
    rc_h5_need need;
} part;

struct rc_h5_source {
    rc_h5_source_options options; /* beside is a copy: later inputs are asked for the same */
    char **beside;
    part *parts; /* (inputs.n); the first n_open are open */
    size_t n_open;
    rc_schema schema;
    const rc_binding *binding; /* kept from bind on */
    uint64_t row;              /* of the open part, that comes next */
    uint64_t packet_rows;      /* of the open part */
    uint64_t n_left;           /* rows that may still be handed out */
    bool is_done;
    uint64_t bytes_total, bytes_before;
    char what[400];
};

bool rc_h5_source_takes(const char *path)
{
    int fd;
    bool is_h5 = rc_h5_descriptor_open(path, &fd, NULL) == RC_OK;
    if (is_h5)
        close(fd);
    return is_h5;
}

static const char *name_of(const rc_h5_source *s, size_t file)
{
    return rc_input_name(s->options.inputs.items[file]);
}

static rc_status open_file(rc_h5_source *s, rc_h5_file **file, rc_error *err)
{
    int fd;
    RC_TRY(rc_h5_descriptor_open(s->options.inputs.items[s->n_open], &fd, err));
    rc_h5_file_options options = {.reader = s->options.reader,
                                  .sandbox = s->options.sandbox,
                                  .max_memory = s->options.max_memory};
    return rc_h5_file_open_take(file, fd, &options, err);
}

static rc_status open_part(rc_h5_source *s, rc_error *err)
{
    part *p = &s->parts[s->n_open];
    RC_TRY(open_file(s, &p->file, err));
    s->n_open++;
    rc_h5_request request = {.dataset = s->options.dataset,
                             .beside = s->options.beside,
                             .max_memory = s->options.max_memory};
    p->packet.fd = rc_h5_file_descriptor(p->file);
    p->packet.need = &p->need;
    s->row = 0;
    return rc_h5_file_table(p->file, &request, &p->packet.table, err);
}

/* A column without a name is called by its number. */
static bool copy_name(rc_schema *schema, const rc_h5_column *column, size_t c)
{
    char number[32];
    const char *name = column->name;
    size_t n = column->name_bytes;
    if (name == NULL) {
        n = (size_t)snprintf(number, sizeof(number), "column_%zu", c + 1);
        name = number;
    }
    schema->names[c] = rc_strndup(name, n);
    schema->name_bytes[c] = n;
    return schema->names[c] != NULL;
}

/* A dataset that is asked for by its path may be a column of the table already: then that is meant,
 * so that a truth is no feature. */
static size_t find_same(const rc_h5_source *s, const rc_h5_table *table, size_t c)
{
    const rc_h5_column *asked = &table->columns[c];
    /* those that were asked for are the last */
    bool is_asked = asked->is_side && table->n_columns - c <= s->options.beside.n;
    for (size_t i = 0; i < c && is_asked && asked->type != RC_H5_UNREADABLE; i++) {
        const rc_h5_column *own = &table->columns[i];
        if (own->type != RC_H5_UNREADABLE && own->index == asked->index &&
            own->offset == asked->offset &&
            strcmp(table->storages[own->storage].path, table->storages[asked->storage].path) == 0)
            return i;
    }
    return c;
}

static rc_status make_schema(const rc_h5_source *s, rc_schema *schema, const rc_h5_table *table,
                             rc_error *err)
{
    size_t n = table->n_columns;
    *schema = (rc_schema){
        .delimiter = ',',
        .has_header = table->has_names,
        .names = rc_alloc_array(n, sizeof(char *)),
        .name_bytes = rc_alloc_array(n, sizeof(size_t)),
        .is_side = rc_alloc_array(n, sizeof(bool)),
        .same_as = rc_alloc_array(n, sizeof(size_t)),
        .n_columns = n,
    };
    bool ok = schema->names != NULL && schema->name_bytes != NULL && schema->is_side != NULL &&
              schema->same_as != NULL;
    for (size_t c = 0; c < n && ok; c++) {
        ok = copy_name(schema, &table->columns[c], c);
        schema->is_side[c] = table->columns[c].is_side;
        schema->same_as[c] = find_same(s, table, c);
    }
    return ok ? RC_OK : rc_error_nomem(err);
}

static rc_status take_first(rc_h5_source *s, rc_error *err)
{
    RC_TRY(open_part(s, err));
    const rc_h5_table *table = s->parts[0].packet.table;
    size_t most = s->options.max_columns > 0 ? s->options.max_columns : RC_MAX_COLUMNS;
    if (table->n_columns > most)
        return rc_error_set(err, RC_E_DATA,
                            "the table has %zu columns, more than %zu (--max-columns)",
                            table->n_columns, most);
    char quoted[RC_QUOTED_BYTES];
    snprintf(s->what, sizeof(s->what), "%s '%s', %llu row%s", table->layout,
             rc_text_quote(table->path, strlen(table->path), quoted),
             (unsigned long long)table->n_rows, table->n_rows == 1 ? "" : "s");
    return make_schema(s, &s->schema, table, err);
}

static uint64_t sum_sizes(rc_strings inputs)
{
    uint64_t total = 0;
    for (size_t i = 0; i < inputs.n; i++) {
        struct stat info;
        const char *path = inputs.items[i];
        if ((rc_path_is_std(path) ? fstat(STDIN_FILENO, &info) : stat(path, &info)) == 0)
            total += (uint64_t)info.st_size;
    }
    return total;
}

static bool copy_beside(rc_h5_source *s)
{
    rc_strings from = s->options.beside;
    s->beside = rc_alloc_array(from.n, sizeof(*s->beside));
    s->options.beside = (rc_strings){(const char *const *)s->beside, 0};
    if (s->beside == NULL)
        return false;
    for (size_t i = 0; i < from.n; i++) {
        s->beside[i] = rc_strdup(from.items[i]);
        if (s->beside[i] == NULL)
            return false;
        s->options.beside.n++;
    }
    return true;
}

rc_status rc_h5_source_open(rc_h5_source **out, const rc_h5_source_options *options, rc_error *err)
{
    *out = NULL;
    rc_h5_source *s = rc_alloc_array(1, sizeof(*s));
    if (s == NULL)
        return rc_error_nomem(err);
    s->options = *options;
    if (s->options.max_memory == 0)
        s->options.max_memory = RC_H5_MAX_MEMORY;
    s->n_left = options->has_limit ? options->limit : UINT64_MAX;
    s->bytes_total = sum_sizes(options->inputs);
    s->parts = rc_alloc_array(options->inputs.n, sizeof(*s->parts));
    bool has_memory = copy_beside(s) && s->parts != NULL;
    rc_status st = has_memory ? take_first(s, err) : rc_error_nomem(err);
    if (st < 0) {
        rc_error_wrap(err, st, "%s", name_of(s, 0));
        rc_h5_source_close(s);
        return st;
    }
    *out = s;
    return RC_OK;
}

void rc_h5_source_close(rc_h5_source *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n_open; i++) {
        rc_h5_need_release(&s->parts[i].need);
        rc_h5_file_close(s->parts[i].file);
    }
    for (size_t i = 0; i < s->options.beside.n; i++)
        free(s->beside[i]);
    free(s->beside);
    free(s->parts);
    rc_schema_release(&s->schema);
    free(s);
}

const rc_schema *rc_h5_source_schema(const rc_h5_source *s)
{
    return &s->schema;
}

uint64_t rc_h5_source_bytes_total(const rc_h5_source *s)
{
    return s->bytes_total;
}

const char *rc_h5_source_what(const rc_h5_source *s)
{
    return s->what;
}

const char *rc_h5_source_shut(const rc_h5_source *s)
{
    return rc_h5_file_shut(s->parts[0].file);
}

const rc_h5_table *rc_h5_source_table(const rc_h5_source *s)
{
    return s->parts[0].packet.table;
}

static rc_status need_all(rc_h5_need *need, const rc_h5_table *table, const size_t *columns,
                          size_t n, rc_error *err)
{
    for (size_t i = 0; i < n; i++)
        RC_TRY(rc_h5_need_add(need, table, columns[i], err));
    return RC_OK;
}

/* Maps what the binding reads of the part that was opened last. */
static rc_status bind_part(rc_h5_source *s, rc_error *err)
{
    part *p = &s->parts[s->n_open - 1];
    const rc_h5_table *table = p->packet.table;
    const rc_binding *b = s->binding;
    RC_TRY(rc_h5_need_init(&p->need, table, err));
    RC_TRY(need_all(&p->need, table, b->features, b->n_features, err));
    RC_TRY(need_all(&p->need, table, b->truth, b->n_truth, err));
    RC_TRY(need_all(&p->need, table, b->copies, b->n_copies, err));
    RC_TRY(need_all(&p->need, table, &b->weight, b->weight != RC_NO_COLUMN, err));
    s->packet_rows = rc_h5_packet_rows(table, &p->need, s->options.packet_bytes);
    p->packet.memory = rc_h5_packet_memory(table, &p->need, s->packet_rows);
    return rc_h5_file_map(p->file, p->need.storages, err);
}

rc_status rc_h5_source_bind(rc_h5_source *s, const rc_binding *binding, rc_error *err)
{
    s->binding = binding;
    rc_status st = bind_part(s, err);
    return st < 0 ? rc_error_wrap(err, st, "%s", name_of(s, 0)) : RC_OK;
}

static rc_status limit_threads(const rc_h5_source *s, int *n, rc_error *err)
{
    uint64_t memory = s->parts[s->n_open - 1].packet.memory, most = s->options.max_memory;
    if (memory > most) {
        rc_error_set(err, RC_E_DATA,
                     "rows in work need %llu bytes at once because of their chunks, more than %llu "
                     "(--max-memory)",
                     (unsigned long long)memory, (unsigned long long)most);
        rc_error_hint(err,
                      "h5repack -l DATASET:CHUNK=ROWSxCOLUMNS IN.h5 OUT.h5 makes them smaller");
        return RC_E_DATA;
    }
    if (memory > 0 && (uint64_t)*n > most / memory)
        *n = (int)(most / memory);
    return RC_OK;
}

rc_status rc_h5_source_threads(const rc_h5_source *s, int *n, rc_error *err)
{
    rc_status st = limit_threads(s, n, err);
    return st < 0 ? rc_error_wrap(err, st, "%s", name_of(s, s->n_open - 1)) : RC_OK;
}

static rc_status open_next(rc_h5_source *s, rc_error *err)
{
    uint64_t first_memory = s->parts[0].packet.memory;
    rc_schema schema = {0};
    size_t file = s->n_open;
    rc_h5_file *through = s->parts[file - 1].file;
    s->bytes_before += rc_h5_file_bytes(through);
    /* workers may still read of it; a process for each of many files would be too many */
    rc_h5_file_dismiss(through);
    rc_status st = open_part(s, err);
    if (st == RC_OK)
        st = make_schema(s, &schema, s->parts[file].packet.table, err);
    if (st == RC_OK)
        st = rc_compare_columns(&s->schema, name_of(s, 0), &schema, err);
    if (st == RC_OK)
        st = bind_part(s, err);
    rc_schema_release(&schema);
    /* as many threads as the first file allows are at work */
    uint64_t memory = st == RC_OK ? s->parts[file].packet.memory : 0;
    int one = 1;
    if (st == RC_OK && memory > first_memory)
        st = limit_threads(s, &one, err);
    return st < 0 ? rc_error_wrap(err, st, "%s", name_of(s, file)) : RC_OK;
}

static bool reserve_blocks(rc_packet *packet, size_t n)
{
    if (n <= packet->n_blocks)
        return true;
    rc_buf *blocks = realloc(packet->blocks, n * sizeof(*blocks));
    if (blocks == NULL)
        return false;
    memset(blocks + packet->n_blocks, 0, (n - packet->n_blocks) * sizeof(*blocks));
    packet->blocks = blocks;
    packet->n_blocks = n;
    return true;
}

/* What only the reader can read is asked for here, where one thread is at a time. */
static rc_status fill_blocks(rc_h5_source *s, rc_packet *packet, rc_error *err)
{
    const part *p = &s->parts[s->n_open - 1];
    if (!reserve_blocks(packet, p->packet.table->n_storages))
        return rc_error_nomem(err);
    return rc_h5_file_blocks(p->file, p->need.storages, packet->first_row, packet->n_part_rows,
                             packet->blocks, err);
}

/* Bytes of the open file that stand for the rows handed out. */
static uint64_t bytes_so_far(const rc_h5_source *s)
{
    const part *p = &s->parts[s->n_open - 1];
    double share =
        p->packet.table->n_rows > 0 ? (double)s->row / (double)p->packet.table->n_rows : 1;
    return s->bytes_before + (uint64_t)(share * (double)rc_h5_file_bytes(p->file));
}

static rc_status hand_out(rc_h5_source *s, rc_packet *packet)
{
    const part *p = &s->parts[s->n_open - 1];
    uint64_t n = p->packet.table->n_rows - s->row;
    n = n < s->packet_rows ? n : s->packet_rows;
    n = n < s->n_left ? n : s->n_left;
    packet->part = &p->packet;
    packet->first_row = s->row;
    packet->n_part_rows = (size_t)n;
    packet->begins_file = s->row == 0;
    packet->file = s->n_open - 1;
    s->row += n;
    s->n_left -= s->n_left != UINT64_MAX ? n : 0;
    packet->bytes_read = bytes_so_far(s);
    packet->status = fill_blocks(s, packet, &packet->error);
    s->is_done = packet->status < 0;
    return RC_OK;
}

static rc_status fail(rc_h5_source *s, rc_packet *packet, size_t file, rc_status st)
{
    s->is_done = true;
    packet->status = st;
    packet->part = NULL;
    packet->begins_file = true;
    packet->file = file;
    return RC_OK;
}

rc_status rc_h5_source_next(rc_h5_source *s, rc_packet *packet)
{
    packet->status = RC_OK;
    packet->has_line = false;
    packet->broken = RC_REFUSAL_NONE;
    packet->error_line = 0;
    packet->header_lines = 0;
    packet->offset = 0;
    packet->n_bytes = 0;
    while (!s->is_done && s->n_left > 0) {
        if (s->row < s->parts[s->n_open - 1].packet.table->n_rows)
            return hand_out(s, packet);
        if (s->n_open == s->options.inputs.n)
            break;
        size_t file = s->n_open;
        rc_status st = open_next(s, &packet->error);
        if (st < 0)
            return fail(s, packet, file, st);
    }
    s->is_done = true;
    return RC_END;
}
