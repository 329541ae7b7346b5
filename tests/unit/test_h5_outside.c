/* test_h5_outside.c - a reader without inspections: the driver and the walls alone keep other files
 * shut. */
#include "h5_made.h"

#include <fcntl.h>
#include <unistd.h>

#include "table/h5/file.h"

#define SECRET "the-secret!"
enum { N_ROWS = 8, WIDTH = 16, RECORD = WIDTH + sizeof(hobj_ref_t) };

/* A folder with a secret as HDF5 and as bytes, and a file whose links and storages lead to it. */
typedef struct outside {
    char folder[32], secret[64], bytes[64], file[64];
} outside;

static const char *const ways[] = {"/external link", "/soft link", "/external storage"};

static void write_secret(const outside *o)
{
    static const char texts[N_ROWS][WIDTH] = {SECRET, SECRET, SECRET, SECRET,
                                              SECRET, SECRET, SECRET, SECRET};
    static const char nothing[RECORD - WIDTH];
    hid_t type = text_type(WIDTH);
    hid_t file = H5Fcreate(o->secret, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    put(file, "/t", type, N_ROWS, 0, texts);
    H5Fclose(file);
    H5Tclose(type);
    FILE *bytes = fopen(o->bytes, "wb");
    assert_non_null(bytes);
    for (size_t i = 0; i < N_ROWS; i++)
        assert_true(fwrite(texts[i], WIDTH, 1, bytes) == 1 &&
                    fwrite(nothing, sizeof(nothing), 1, bytes) == 1);
    assert_int_equal(fclose(bytes), 0);
}

/* With a reference, so that it is the library that reads it, block by block. */
static hid_t record_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, RECORD), text = text_type(WIDTH);
    H5Tinsert(type, "text", 0, text);
    H5Tinsert(type, "reference", WIDTH, H5T_STD_REF_OBJ);
    H5Tclose(text);
    return type;
}

static void write_ways(const outside *o)
{
    hsize_t n = N_ROWS;
    hid_t type = record_type(), space = H5Screate_simple(1, &n, NULL);
    hid_t file = H5Fcreate(o->file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Lcreate_external(o->secret, "/t", file, ways[0], 0, 0) >= 0);
    assert_true(H5Lcreate_soft(ways[0], file, ways[1], 0, 0) >= 0);
    assert_true(H5Pset_external(creation, o->bytes, 0, (hsize_t)N_ROWS * RECORD) >= 0);
    hid_t dataset = H5Dcreate2(file, ways[2], type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Fclose(file);
    H5Sclose(space);
    H5Tclose(type);
}

static int set_up(void **state)
{
    static outside o;
    strcpy(o.folder, "/tmp/rowcast-outside-XXXXXX");
    assert_non_null(mkdtemp(o.folder));
    snprintf(o.secret, sizeof(o.secret), "%s/secret.h5", o.folder);
    snprintf(o.bytes, sizeof(o.bytes), "%s/secret.bin", o.folder);
    snprintf(o.file, sizeof(o.file), "%s/file.h5", o.folder);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    write_secret(&o);
    write_ways(&o);
    *state = &o;
    return 0;
}

static int tear_down(void **state)
{
    const outside *o = *state;
    unlink(o->secret);
    unlink(o->bytes);
    unlink(o->file);
    return rmdir(o->folder);
}

/* A test of the test: whoever asks the library as everybody does is given the secret. */
static void test_the_library_follows_links(void **state)
{
    const outside *o = *state;
    hid_t file = H5Fopen(o->file, H5F_ACC_RDONLY, H5P_DEFAULT), type = text_type(WIDTH);
    for (size_t i = 0; i < 2; i++) {
        char texts[N_ROWS][WIDTH] = {{0}};
        hid_t dataset = H5Dopen2(file, ways[i], H5P_DEFAULT);
        assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0);
        H5Dclose(dataset);
        assert_string_equal(texts[N_ROWS - 1], SECRET);
    }
    H5Tclose(type);
    H5Fclose(file);
}

static bool holds_secret(const rc_buf *rows)
{
    for (size_t i = 0; i + sizeof(SECRET) <= rows->n; i++)
        if (memcmp(rows->data + i, SECRET, sizeof(SECRET) - 1) == 0)
            return true;
    return false;
}

/* What comes of asking for a table of the file and, if it is there, for its rows. */
static rc_status ask(const outside *o, const char *way, const char *reader, rc_sandbox sandbox,
                     bool *is_leaked, rc_error *err)
{
    char path[4096];
    rc_buf rows = {0};
    rc_h5_file *file = NULL;
    const rc_h5_table *table;
    snprintf(path, sizeof(path), "%s/%s", getenv("RC_READERS"), reader);
    rc_h5_file_options options = {.reader = path, .sandbox = sandbox};
    rc_h5_request request = {.dataset = way};
    *err = (rc_error){0};
    int fd = open(o->file, O_RDONLY | O_CLOEXEC);
    assert_int_equal(rc_h5_file_open_take(&file, fd, &options, err), RC_OK);
    rc_status st = rc_h5_file_table(file, &request, &table, err);
    if (st == RC_OK) {
        assert_int_equal(table->n_storages, 1);
        assert_int_equal(table->storages[0].kind, RC_H5_BLOCKS);
        st = rc_h5_file_blocks(file, (const bool[]){true}, 0, N_ROWS, &rows, err);
    }
    *is_leaked = holds_secret(&rows) || strstr(err->text, SECRET) != NULL;
    print_message("# %s, %s: %s\n", way, sandbox == RC_SANDBOX_OFF ? "off" : "auto", err->text);
    rc_buf_release(&rows);
    rc_h5_file_close(file);
    return st;
}

static void test_the_driver_follows_no_link(void **state)
{
    static const rc_sandbox sandboxes[] = {RC_SANDBOX_OFF, RC_SANDBOX_AUTO};
    for (size_t i = 0; i < 4; i++) {
        rc_error err;
        bool is_leaked;
        assert_int_equal(
            ask(*state, ways[i % 2], "uninspected", sandboxes[i / 2], &is_leaked, &err), RC_E_DATA);
        assert_non_null(strstr(err.text, "link' is damaged"));
        assert_false(is_leaked);
    }
}

/* The library opens it beside the driver: in the open it gives the secret away. */
static void test_the_walls_keep_external_storage_shut(void **state)
{
    rc_error err;
    bool is_leaked;
    assert_int_equal(ask(*state, ways[2], "uninspected", RC_SANDBOX_OFF, &is_leaked, &err), RC_OK);
    assert_true(is_leaked);
    assert_int_equal(ask(*state, ways[2], "uninspected", RC_SANDBOX_AUTO, &is_leaked, &err),
                     RC_E_DATA);
    assert_false(is_leaked);
}

static void test_the_inspection_comes_first(void **state)
{
    static const char *const causes[] = {"an external link", "a soft link", "in other files"};
    for (size_t i = 0; i < 3; i++) {
        rc_error err;
        bool is_leaked;
        assert_int_equal(
            ask(*state, ways[i], "../../src/cli/rowcast", RC_SANDBOX_OFF, &is_leaked, &err),
            RC_E_DATA);
        assert_non_null(strstr(err.text, causes[i]));
        assert_false(is_leaked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_library_follows_links),
        cmocka_unit_test(test_the_driver_follows_no_link),
        cmocka_unit_test(test_the_walls_keep_external_storage_shut),
        cmocka_unit_test(test_the_inspection_comes_first),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
