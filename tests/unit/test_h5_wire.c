/* test_h5_wire.c - descriptions of HDF5 tables to the wire and back, and those that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "table/h5/wire.h"

enum { FILE_BYTES = 10000 };

/* A table of four storages, all in memory of the test. */
typedef struct sample {
    rc_h5_table table;
    rc_h5_column columns[4];
    rc_h5_storage storages[4];
    rc_h5_labels labels[2];
    char *texts[3];
    size_t text_bytes[3];
    int64_t values[3];
    unsigned char fill[8];
} sample;

static void make_sample(sample *s)
{
    *s = (sample){.fill = {1, 2, 3, 4, 5, 6, 7, 8},
                  .texts = {(char *)"red", (char *)"", (char *)"dark blue"},
                  .text_bytes = {3, 0, 9},
                  .values = {7, -1, 3},
                  .columns = {{.name = (char *)"x",
                               .name_bytes = 1,
                               .type = RC_H5_FLOAT,
                               .n_bytes = 4,
                               .is_big_endian = true,
                               .index = 2,
                               .offset = 4,
                               .mask = 1,
                               .labels = RC_H5_NONE},
                              {.name = (char *)"c",
                               .name_bytes = 1,
                               .type = RC_H5_INT,
                               .n_bytes = 1,
                               .storage = 1,
                               .mask = RC_H5_NONE,
                               .labels = 1},
                              {.name = (char *)"t",
                               .name_bytes = 1,
                               .type = RC_H5_TEXT_VAR,
                               .n_bytes = 8,
                               .storage = 2,
                               .mask = RC_H5_NONE,
                               .labels = RC_H5_NONE,
                               .is_space_padded = true,
                               .has_nat = true},
                              {.type = RC_H5_UNREADABLE,
                               .is_side = true,
                               .storage = 99,
                               .why = (char *)"pickled",
                               .mask = RC_H5_NONE,
                               .labels = RC_H5_NONE}},
                  .storages = {{.path = (char *)"/a/x",
                                .kind = RC_H5_CHUNKED,
                                .n_rows = 10,
                                .n_columns = 5,
                                .element_bytes = 8,
                                .is_transposed = true,
                                .chunk_rows = 4,
                                .chunk_columns = 2,
                                .n_filters = 2,
                                .n_chunks = 9,
                                .filters = {{.id = 2, .n_values = 1, .values = {8}},
                                            {.id = 32004, .n_values = 2, .values = {0, 5}}}},
                               {.path = (char *)"/a/m",
                                .kind = RC_H5_CONTIGUOUS,
                                .n_rows = 10,
                                .n_columns = 1,
                                .element_bytes = 1,
                                .offset = FILE_BYTES - 10},
                               {.path = (char *)"/a/t",
                                .kind = RC_H5_BLOCKS,
                                .n_rows = 10,
                                .n_columns = 1,
                                .element_bytes = 8},
                               {.path = (char *)"/a/n",
                                .kind = RC_H5_CONTIGUOUS,
                                .n_rows = 10,
                                .n_columns = 1,
                                .element_bytes = 2,
                                .offset = RC_H5_NOWHERE}}};
    s->labels[0] = (rc_h5_labels){.texts = s->texts, .text_bytes = s->text_bytes, .n = 3};
    s->labels[1] = s->labels[0];
    s->labels[1].values = s->values;
    for (int i = 0; i < 4; i++)
        s->storages[i].fill = s->fill;
    s->table = (rc_h5_table){.path = (char *)"/a",
                             .layout = (char *)"group of columns",
                             .n_rows = 10,
                             .has_names = true,
                             .columns = s->columns,
                             .n_columns = 4,
                             .storages = s->storages,
                             .n_storages = 4,
                             .labels = s->labels,
                             .n_labels = 2};
}

/* Reads out of memory that is exactly as long as the frame. */
static rc_status read_exact(const rc_buf *wire, size_t n, rc_h5_table **out, rc_error *err)
{
    unsigned char *exact = malloc(n > 0 ? n : 1);
    memcpy(exact, wire->data, n);
    rc_frame frame = {.data = exact, .n = n};
    rc_status st = rc_h5_table_read(out, &frame, FILE_BYTES, err);
    free(exact);
    return st;
}

static rc_status pass(const rc_h5_table *table, rc_h5_table **out, rc_error *err)
{
    rc_buf wire = {0};
    assert_true(rc_h5_table_write(&wire, table));
    rc_status st = read_exact(&wire, wire.n, out, err);
    rc_buf_release(&wire);
    return st;
}

static void assert_storage(const rc_h5_storage *a, const rc_h5_storage *b)
{
    assert_string_equal(a->path, b->path);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->n_rows, b->n_rows);
    assert_int_equal(a->n_columns, b->n_columns);
    assert_int_equal(a->element_bytes, b->element_bytes);
    assert_int_equal(a->is_transposed, b->is_transposed);
    assert_int_equal(a->offset, b->offset);
    assert_int_equal(a->chunk_rows, b->chunk_rows);
    assert_int_equal(a->chunk_columns, b->chunk_columns);
    assert_int_equal(a->n_chunks, b->n_chunks);
    assert_int_equal(a->n_filters, b->n_filters);
    assert_memory_equal(a->filters, b->filters, sizeof(a->filters));
    assert_memory_equal(a->fill, b->fill, a->element_bytes);
    assert_null(a->chunks);
}

static void assert_column(const rc_h5_column *a, const rc_h5_column *b)
{
    assert_int_equal(a->name_bytes, b->name_bytes);
    if (b->name != NULL)
        assert_string_equal(a->name, b->name);
    else
        assert_null(a->name);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->n_bytes, b->n_bytes);
    assert_int_equal(a->is_big_endian, b->is_big_endian);
    assert_int_equal(a->is_space_padded, b->is_space_padded);
    assert_int_equal(a->has_nat, b->has_nat);
    assert_int_equal(a->is_side, b->is_side);
    assert_int_equal(a->storage, b->storage);
    assert_int_equal(a->index, b->index);
    assert_int_equal(a->offset, b->offset);
    assert_int_equal(a->mask, b->mask);
    assert_int_equal(a->labels, b->labels);
    if (b->why != NULL)
        assert_string_equal(a->why, b->why);
    else
        assert_null(a->why);
}

static void test_table_passes_whole(void **state)
{
    (void)state;
    sample s;
    rc_h5_table *got;
    make_sample(&s);
    assert_int_equal(pass(&s.table, &got, NULL), RC_OK);
    assert_string_equal(got->path, "/a");
    assert_string_equal(got->layout, "group of columns");
    assert_int_equal(got->n_rows, 10);
    assert_true(got->has_names);
    assert_int_equal(got->n_columns, 4);
    assert_int_equal(got->n_storages, 4);
    assert_int_equal(got->n_labels, 2);
    for (int i = 0; i < 4; i++) {
        assert_storage(&got->storages[i], &s.storages[i]);
        assert_column(&got->columns[i], &s.columns[i]);
    }
    assert_null(got->labels[0].values);
    assert_string_equal(got->labels[0].texts[2], "dark blue");
    /* those with values come in the order of the values: -1, 3, 7 */
    assert_int_equal(got->labels[1].values[0], -1);
    assert_int_equal(got->labels[1].text_bytes[0], 0);
    assert_string_equal(got->labels[1].texts[1], "dark blue");
    assert_string_equal(got->labels[1].texts[2], "red");
    assert_int_equal(got->labels[1].text_bytes[2], 3);
    rc_h5_table_free(got);
}

static void test_table_cut_anywhere_or_longer_is_refused(void **state)
{
    (void)state;
    sample s;
    rc_buf wire = {0};
    rc_h5_table *got;
    make_sample(&s);
    assert_true(rc_h5_table_write(&wire, &s.table));
    for (size_t n = 0; n < wire.n; n++) {
        assert_int_equal(read_exact(&wire, n, &got, NULL), RC_E_DATA);
        assert_null(got);
    }
    size_t n = wire.n;
    rc_error err = {0};
    assert_int_equal(read_exact(&wire, n - 1, &got, &err), RC_E_DATA);
    assert_string_equal(err.text, "the description makes no sense: less than was announced");
    assert_true(rc_buf_append(&wire, "x", 1));
    assert_int_equal(read_exact(&wire, n + 1, &got, &err), RC_E_DATA);
    assert_string_equal(err.text, "the description makes no sense: more than was announced");
    rc_buf_release(&wire);
}

static void test_table_with_any_byte_changed_does_no_harm(void **state)
{
    (void)state;
    sample s;
    rc_buf wire = {0};
    make_sample(&s);
    assert_true(rc_h5_table_write(&wire, &s.table));
    for (size_t i = 0; i < wire.n; i++)
        for (int k = 0; k < 3; k++) {
            char before = wire.data[i];
            rc_h5_table *got;
            wire.data[i] = (char)(before ^ "\x01\x80\xff"[k]);
            if (read_exact(&wire, wire.n, &got, NULL) == RC_OK)
                rc_h5_table_free(got);
            wire.data[i] = before;
        }
    rc_buf_release(&wire);
}

/* -- Lies. ------------------------------------------------------------------------------------- */

typedef struct lie {
    void (*tell)(sample *s);
    const char *text;
} lie;

#define LIE(NAME, CHANGE)       \
    static void NAME(sample *s) \
    {                           \
        CHANGE;                 \
    }

LIE(lie_kind, s->storages[0].kind = 7)
LIE(lie_rows, s->storages[1].n_rows = 11)
LIE(lie_large, s->storages[2].n_columns = UINT64_MAX / 4)
LIE(lie_bomb, s->table.n_rows = (uint64_t)1 << 40)
LIE(lie_chunk, s->storages[0].chunk_rows = 0)
LIE(lie_chunk_overflow, s->storages[0].chunk_rows = (uint64_t)1 << 62)
LIE(lie_chunk_large, s->storages[0].chunk_rows = (uint64_t)1 << 29)
LIE(lie_end, s->storages[1].offset++)
LIE(lie_end_overflow, s->storages[1].offset = UINT64_MAX - 1)
LIE(lie_filter, s->storages[0].filters[1].id = 32001)
LIE(lie_twice, s->storages[0].filters[1].id = 2)
LIE(lie_shuffle, s->storages[0].filters[0].n_values = 0)
LIE(lie_unchunked, s->storages[1].n_filters = 1; s->storages[1].filters[0].id = 1)
LIE(lie_type, s->columns[0].type = 9)
LIE(lie_width, s->columns[0].n_bytes = 3)
LIE(lie_storage, s->columns[0].storage = 4)
LIE(lie_index, s->columns[0].index = 5)
LIE(lie_offset, s->columns[0].offset = 5)
LIE(lie_offset_overflow, s->columns[0].offset = UINT32_MAX)
LIE(lie_mask, s->columns[0].mask = 4)
LIE(lie_mask_shape, s->columns[0].mask = 2)
LIE(lie_labels, s->columns[1].labels = 2)
LIE(lie_labels_type, s->columns[0].labels = 0)
LIE(lie_texts, s->columns[2].storage = 0)
LIE(lie_name, s->columns[0].name_bytes = 2; s->columns[0].name = (char *)"a\0b")
LIE(lie_no_name, s->columns[0].name = NULL; s->columns[0].name_bytes = 0)
LIE(lie_label, s->text_bytes[0] = 4)
LIE(lie_values, s->values[0] = 3)

static const lie lies[] = {
    {lie_kind, "a storage of no known kind"},
    {lie_rows, "a storage of another number of rows"},
    {lie_large, "a storage that is too large"},
    {lie_bomb, "more rows than can be"},
    {lie_chunk, "a chunk that cannot be"},
    {lie_chunk_overflow, "a chunk that cannot be"},
    {lie_chunk_large, "a chunk that cannot be"},
    {lie_end, "a storage beyond the end of the file"},
    {lie_end_overflow, "a storage beyond the end of the file"},
    {lie_filter, "a filter that is not known"},
    {lie_twice, "a filter that is there twice"},
    {lie_shuffle, "shuffle without a size of elements"},
    {lie_unchunked, "filters where there are no chunks"},
    {lie_type, "a column of no known type"},
    {lie_width, "a column of a width that cannot be"},
    {lie_storage, "a column of no storage"},
    {lie_index, "a column beyond its storage"},
    {lie_offset, "a column beyond its storage"},
    {lie_offset_overflow, "a column beyond its storage"},
    {lie_mask, "a mask that there is not"},
    {lie_mask_shape, "a mask of another shape"},
    {lie_labels, "a column of labels that there are not"},
    {lie_labels_type, "labels of what is no code"},
    {lie_texts, "variable texts outside of blocks"},
    {lie_name, "a text with a NUL"},
    {lie_no_name, "a column without its name"},
    {lie_label, "a label with a NUL"},
    {lie_values, "two labels of one code"},
};

static void test_lies_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        sample s;
        rc_h5_table *got;
        rc_error err = {0};
        char expected[128] = "the description makes no sense: ";
        make_sample(&s);
        lies[i].tell(&s);
        assert_int_equal(pass(&s.table, &got, &err), RC_E_DATA);
        strncat(expected, lies[i].text, sizeof(expected) - strlen(expected) - 1);
        assert_string_equal(err.text, expected);
    }
}

static void test_too_many_chunks_are_no_lie(void **state)
{
    (void)state;
    sample s;
    rc_h5_table *got;
    rc_error err = {0};
    make_sample(&s);
    s.table.n_rows = (1 << 24) + 1;
    s.table.n_columns = 0;
    s.table.n_storages = 1;
    s.storages[0].n_rows = s.table.n_rows;
    s.storages[0].n_columns = s.storages[0].chunk_columns = s.storages[0].chunk_rows = 1;
    assert_int_equal(pass(&s.table, &got, &err), RC_E_DATA);
    assert_string_equal(err.text, "dataset '/a/x': more than 16777216 chunks\n  h5repack -l "
                                  "CHUNK=ROWSxCOLUMNS in.h5 out.h5 makes them larger");
    s.table.n_rows = --s.storages[0].n_rows;
    assert_int_equal(pass(&s.table, &got, &err), RC_OK);
    assert_int_equal(got->storages[0].n_chunks, 1 << 24);
    rc_h5_table_free(got);
}

/* -- Chunks. ----------------------------------------------------------------------------------- */

static rc_status pass_chunks(const rc_h5_chunk *chunks, uint64_t n, rc_h5_storage *to,
                             rc_error *err)
{
    rc_h5_storage from = {.chunks = (rc_h5_chunk *)chunks, .n_chunks = n};
    rc_buf wire = {0};
    assert_true(rc_h5_chunks_write(&wire, &from));
    rc_frame frame = {.data = (unsigned char *)wire.data, .n = wire.n};
    rc_status st = rc_h5_chunks_read(to, &frame, FILE_BYTES, err);
    rc_buf_release(&wire);
    return st;
}

static void test_chunks_pass_or_are_refused(void **state)
{
    (void)state;
    sample s;
    make_sample(&s);
    rc_h5_storage *to = &s.storages[0]; /* chunks of 4 x 2 x 8 bytes = 64 */
    rc_h5_chunk chunks[9] = {
        [0] = {1000, 30, 0}, [4] = {FILE_BYTES - 64, 64, 3}, [8] = {64, 99, 1}};
    assert_int_equal(pass_chunks(chunks, 9, to, NULL), RC_OK);
    assert_memory_equal(to->chunks, chunks, sizeof(chunks));

    const struct {
        rc_h5_chunk chunk;
        const char *text;
    } bad[] = {
        {{FILE_BYTES - 63, 64, 3}, "a chunk beyond the end of the file"},
        {{UINT64_MAX, 64, 3}, "a chunk beyond the end of the file"},
        {{0, 30, 4}, "a chunk that leaves out a filter that there is not"},
        {{0, 63, 3}, "a chunk that is not as long as it should be"},
        {{0, 9999, 0}, "a chunk that is much longer than it should be"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        rc_error err = {0};
        chunks[4] = bad[i].chunk;
        assert_int_equal(pass_chunks(chunks, 9, to, &err), RC_E_DATA);
        assert_string_equal(err.text, bad[i].text);
    }
    rc_error err = {0};
    chunks[4] = (rc_h5_chunk){0, 0, 0};
    assert_int_equal(pass_chunks(chunks, 8, to, &err), RC_E_DATA);
    assert_string_equal(err.text, "a wrong number of chunks");
    free(to->chunks);
}

/* -- Requests, trees. -------------------------------------------------------------------------- */

static void test_request_passes(void **state)
{
    (void)state;
    const char *beside[] = {"y", "/g/weight"};
    rc_h5_request asked = {.dataset = "/X", .beside = {beside, 2}, .max_memory = 123456789012};
    rc_h5_request got;
    rc_buf wire = {0};
    assert_true(rc_h5_request_write(&wire, &asked));
    rc_frame frame = {.data = (unsigned char *)wire.data, .n = wire.n};
    assert_int_equal(rc_h5_request_read(&got, &frame, NULL), RC_OK);
    assert_string_equal(got.dataset, "/X");
    assert_int_equal(got.beside.n, 2);
    assert_string_equal(got.beside.items[1], "/g/weight");
    assert_int_equal(got.max_memory, 123456789012);
    rc_h5_request_release(&got);
    for (frame.n = 0; frame.n < wire.n; frame.n++)
        assert_int_equal(rc_h5_request_read(&got, &frame, NULL), RC_E_DATA);
    wire.n = 0;
    assert_true(rc_h5_request_write(&wire, &(rc_h5_request){0}));
    frame = (rc_frame){.data = (unsigned char *)wire.data, .n = wire.n};
    assert_int_equal(rc_h5_request_read(&got, &frame, NULL), RC_OK);
    assert_null(got.dataset);
    assert_int_equal(got.beside.n, 0);
    rc_h5_request_release(&got);
    rc_buf_release(&wire);
}

static void test_tree_passes(void **state)
{
    (void)state;
    rc_h5_node nodes[2] = {{.path = (char *)"/", .kind = (char *)"group"},
                           {.path = (char *)"/X",
                            .kind = (char *)"dataset",
                            .type = (char *)"float32",
                            .rank = 2,
                            .shape = {7, 3},
                            .most = {UINT64_MAX, 3},
                            .chunk = {2, 3},
                            .is_chunked = true,
                            .storage = (char *)"chunked",
                            .filters = (char *)"shuffle",
                            .n_stored = 55,
                            .scored_as = (char *)"2-D dataset",
                            .n_rows = 7,
                            .n_columns = 3,
                            .note = (char *)"odd"}};
    rc_h5_tree tree = {.nodes = nodes, .n = 2, .user_block = 512, .is_cut = true, .is_keras = true},
               *got;
    rc_buf wire = {0};
    assert_true(rc_h5_tree_write(&wire, &tree));
    rc_frame frame = {.data = (unsigned char *)wire.data, .n = wire.n};
    assert_int_equal(rc_h5_tree_read(&got, &frame, NULL), RC_OK);
    assert_int_equal(got->n, 2);
    assert_int_equal(got->user_block, 512);
    assert_true(got->is_cut);
    assert_true(got->is_keras);
    assert_string_equal(got->nodes[0].type, "");
    assert_string_equal(got->nodes[1].note, "odd");
    assert_int_equal(got->nodes[1].most[0], UINT64_MAX);
    assert_int_equal(got->nodes[1].chunk[1], 3);
    assert_int_equal(got->nodes[1].n_stored, 55);
    rc_h5_tree_free(got);
    for (frame.n = 0; frame.n < wire.n; frame.n++)
        assert_int_equal(rc_h5_tree_read(&got, &frame, NULL), RC_E_DATA);
    rc_buf_release(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_passes_whole),
        cmocka_unit_test(test_table_cut_anywhere_or_longer_is_refused),
        cmocka_unit_test(test_table_with_any_byte_changed_does_no_harm),
        cmocka_unit_test(test_lies_are_told),
        cmocka_unit_test(test_too_many_chunks_are_no_lie),
        cmocka_unit_test(test_chunks_pass_or_are_refused),
        cmocka_unit_test(test_request_passes),
        cmocka_unit_test(test_tree_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
