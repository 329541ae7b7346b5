/* test_source.c - inputs into packets of whole records, whatever their size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "scratch.h"
#include "sources.h"

static const size_t packet_sizes[] = {4096, 4097, 6000, 65536, 1 << 20};
enum { N_SIZES = sizeof(packet_sizes) / sizeof(*packet_sizes) };

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static rc_source_options make_options(const char *const *paths, size_t n, size_t packet_bytes)
{
    return (rc_source_options){
        .inputs = {paths, n},
        .dialect = {.delimiter = ',', .header = RC_HEADER_AUTO},
        .packet_bytes = packet_bytes,
        .max_line_bytes = 1 << 20,
    };
}

/* Adds a random cell to the file, its value to the description; returns its line ends. */
static uint64_t add_cell(rc_buf *file, rc_buf *value, bool quotes, uint64_t *seed)
{
    static const char *const odd[] = {"\n", "\r\n", "\r", ",", "\"", "a\"b", "x"};
    uint64_t n_lines = 0;
    size_t n = draw(seed) % 8 == 0 ? draw(seed) % 300 : draw(seed) % 10;
    if (!quotes || draw(seed) % 4 > 0) {
        for (size_t i = 0; i < n; i++) {
            char c = "abcdefgh 0123.;'"[draw(seed) % 16];
            assert_true(rc_buf_append(file, &c, 1) && rc_buf_append(value, &c, 1));
        }
        return 0;
    }
    assert_true(rc_buf_append(file, "\"", 1));
    for (size_t i = 0; i < n; i++) {
        const char *piece = odd[draw(seed) % 7];
        /* an LF behind a CR would be one line end; an x keeps them apart */
        n_lines += piece[0] == '\n' || piece[0] == '\r';
        for (const char *p = piece; *p != '\0'; p++)
            assert_true(rc_buf_append(file, "\"\"", *p == '"' ? 1 : 0) &&
                        rc_buf_append(file, p, 1));
        assert_true(rc_buf_text(file, "x") && rc_buf_text(value, piece) && rc_buf_text(value, "x"));
    }
    assert_true(rc_buf_append(file, "\"", 1));
    return n_lines;
}

/* A random table; what must come of it is added to expected. */
static rc_buf make_file(size_t number, bool quotes, rc_buf *expected, uint64_t *seed)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    rc_buf file = {0};
    if (draw(seed) % 2 == 0)
        assert_true(rc_buf_text(&file, "\xef\xbb\xbf"));
    uint64_t line = 2, n_records = draw(seed) % 3 == 0 ? draw(seed) % 3 : draw(seed) % 1500;
    const char *end = ends[draw(seed) % 3];
    assert_true(rc_buf_text(&file, "id,\"te,xt\",value") && rc_buf_text(&file, end));
    for (uint64_t r = 0; r < n_records; r++) {
        if (draw(seed) % 20 == 0) {
            assert_true(rc_buf_text(&file, end));
            line++;
        }
        assert_true(rc_buf_printf(expected, "%zu:%llu ", number, (unsigned long long)line));
        size_t n_cells = draw(seed) % 30 == 0 ? 1 + draw(seed) % 5 : 3;
        for (size_t c = 0; c < n_cells; c++) {
            assert_true(rc_buf_text(&file, c > 0 ? "," : "r"));
            assert_true(c > 0 || rc_buf_text(expected, "r"));
            line += add_cell(&file, expected, quotes && c > 0, seed);
            assert_true(rc_buf_text(expected, "|"));
        }
        assert_true(rc_buf_text(expected, "\n"));
        if (r + 1 < n_records || draw(seed) % 2 == 0)
            assert_true(rc_buf_text(&file, end));
        line++;
    }
    return file;
}

static const char *write_file(scratch *s, size_t number, const rc_buf *file, bool is_gzip)
{
    char name[32];
    snprintf(name, sizeof(name), "%zu.csv%s", number, is_gzip ? ".gz" : "");
    if (!is_gzip)
        return scratch_write(s, name, file->data, file->n);
    const char *path = scratch_path(s, name);
    gzFile gz = gzopen(path, "wb1");
    assert_non_null(gz);
    assert_int_equal(gzwrite(gz, file->data, (unsigned)file->n), file->n);
    assert_int_equal(gzclose(gz), Z_OK);
    return path;
}

static void test_random_files_come_whole_in_packets_of_any_size(void **state)
{
    scratch *s = *state;
    uint64_t seed = 2024;
    for (int round = 0; round < 40; round++) {
        char paths[3][PATH_MAX];
        const char *pointers[3];
        rc_buf expected = {0};
        size_t n_files = 1 + draw(&seed) % 3;
        for (size_t f = 0; f < n_files; f++) {
            rc_buf file = make_file(f, draw(&seed) % 3 > 0, &expected, &seed);
            pointers[f] = strcpy(paths[f], write_file(s, f, &file, draw(&seed) % 2 == 0));
            rc_buf_release(&file);
        }
        for (size_t k = 0; k < N_SIZES; k++) {
            rc_source_options options = make_options(pointers, n_files, packet_sizes[k]);
            reading r = read_all(&options);
            if (r.status != RC_OK)
                fail_msg("%s", r.error.text);
            assert_reading(&r, expected.data, expected.n);
            reading_release(&r);
        }
        rc_buf_release(&expected);
    }
}

/* Reads files of these texts with each packet size; all must give the same. */
static void assert_source(scratch *s, const char *const *texts, size_t n_files,
                          size_t max_line_bytes, const char *expected, const char *failure,
                          size_t error_file, uint64_t error_line)
{
    char paths[3][PATH_MAX];
    const char *pointers[3];
    for (size_t f = 0; f < n_files; f++) {
        char name[8];
        snprintf(name, sizeof(name), "f%zu", f);
        pointers[f] = strcpy(paths[f], scratch_write(s, name, texts[f], strlen(texts[f])));
    }
    for (size_t k = 0; k < N_SIZES; k++) {
        rc_source_options options = make_options(pointers, n_files, packet_sizes[k]);
        options.max_line_bytes = max_line_bytes;
        reading r = read_all(&options);
        assert_int_equal(r.status, failure != NULL ? RC_E_DATA : RC_OK);
        if (failure != NULL) {
            /* a path is of this run only */
            const char *text = strstr(r.error.text, s->folder) == r.error.text
                                   ? r.error.text + strlen(s->folder) + 1
                                   : r.error.text;
            assert_string_equal(text, failure);
            assert_int_equal(r.error_file, error_file);
            assert_int_equal(r.error_line, error_line);
        }
        assert_reading(&r, expected, strlen(expected));
        reading_release(&r);
    }
}

static void test_a_record_never_leaves_its_file(void **state)
{
    static const char *const texts[] = {"a,b\n1,2", "a,b\r\n3,4\r\n", "a,b\n"};
    assert_source(*state, texts, 3, 4096, "0:2 1|2|\n1:2 3|4|\n", NULL, 0, 0);
    static const char *const cr[] = {"a,b\r1,2\r", "\"a\",b\r3,4", "\n\na,b\n\n5,6\n"};
    assert_source(*state, cr, 3, 4096, "0:2 1|2|\n1:2 3|4|\n2:5 5|6|\n", NULL, 0, 0);
}

static void test_headers_must_be_the_same(void **state)
{
    static const char *const names[] = {"a,b\n1,2\n", "b,a\n3,4\n", "never read\n"};
    char failure[512];
    snprintf(failure, sizeof(failure), "f1: column 1 is 'b', but in '%s/f0' it is 'a'",
             ((scratch *)*state)->folder);
    assert_source(*state, names, 3, 4096, "0:2 1|2|\n", failure, 1, 0);
    static const char *const counts[] = {"a,b\n1,2\n", "a\n3\n"};
    snprintf(failure, sizeof(failure), "f1: 1 column, but '%s/f0' has 2",
             ((scratch *)*state)->folder);
    assert_source(*state, counts, 2, 4096, "0:2 1|2|\n", failure, 1, 0);
    static const char *const empty[] = {"a,b\n1,2\n", "\n"};
    assert_source(*state, empty, 2, 4096, "0:2 1|2|\n", "f1: no record, not even a header", 1, 0);
    static const char *const numbers[] = {"a,b\n1,2\n", "1,2\n"};
    assert_source(*state, numbers, 2, 4096, "0:2 1|2|\n",
                  "f1: the first record holds only numbers\n"
                  "  say --no-header if it is data, --header if these are names",
                  1, 0);
}

static void test_an_input_that_is_not_there(void **state)
{
    scratch *s = *state;
    char first[PATH_MAX];
    strcpy(first, scratch_write(s, "there", "a\n1\n", 4));
    const char *paths[] = {first, scratch_path(s, "gone")};
    rc_source_options options = make_options(paths, 2, 4096);
    reading r = read_all(&options);
    assert_int_equal(r.status, RC_E_DATA);
    assert_non_null(strstr(r.error.text, "gone: "));
    assert_reading(&r, "0:2 1|\n", 7);
    reading_release(&r);
    options.inputs = (rc_strings){paths + 1, 1};
    r = read_all(&options);
    assert_int_equal(r.status, RC_E_DATA);
    reading_release(&r);
}

static void test_an_open_quote_is_named_by_its_line(void **state)
{
    static const char failure[] = "a quote opens here and is never closed";
    static const char *const one[] = {"a,b\n1,2\n3,\"x\ny\"\n5,\"6\n7,8\n9,10\n"};
    assert_source(*state, one, 1, 4096, "0:2 1|2|\n0:3 3|x\ny|\n", failure, 0, 5);
    /* the last quote that opened, on the record's second line */
    static const char *const two[] = {"a,b\n1,2\n", "a,b\r\n\r\n\"x\r\ny\",\"z\r\n\r\n"};
    assert_source(*state, two, 2, 4096, "0:2 1|2|\n", failure, 1, 4);
}

/* A file of a header, a record of 1,2 and one of n bytes, then `tail`. */
static char *make_long(size_t n, const char *tail)
{
    char *text = malloc(n + 64);
    assert_non_null(text);
    strcpy(text, "a,b\n1,2\n");
    memset(text + 8, 'x', n);
    strcpy(text + 8 + n, tail);
    return text;
}

/* A record of --max-line bytes passes, whatever stands behind it, at every packet size; of longer
 * ones the source refuses those that no packet may hold (the worker refuses the others). */
static void test_the_longest_record(void **state)
{
    static const char *const tails[] = {"", "\n", "\r\n", "\r", "\n3,4\n", "\r\n3,4\n", "\r3,4\r"};
    for (size_t i = 0; i < 7; i++) {
        char *text = make_long(9000, tails[i]), *expected = malloc(10000);
        assert_non_null(expected);
        int n = snprintf(expected, 10000, "0:2 1|2|\n0:3 %.*s|\n%s", 9000, text + 8,
                         i > 3 ? "0:4 3|4|\n" : "");
        assert_true(n < 10000);
        assert_source(*state, (const char *const[]){text}, 1, 9000, expected, NULL, 0, 0);
        free(text);
        free(expected);
    }
}

static void test_records_beyond_the_longest_are_refused(void **state)
{
    scratch *s = *state;
    static const char *const tails[] = {"\n3,4\n", "", "\"\n3,4\n"};
    for (size_t i = 0; i < 3; i++) {
        char *text = make_long(200000, tails[i]);
        const char *path = scratch_write(s, "long", text, strlen(text));
        rc_source_options options = make_options(&path, 1, 4096);
        options.max_line_bytes = 9000;
        reading r = read_all(&options);
        assert_int_equal(r.status, RC_E_DATA);
        assert_string_equal(r.error.text, "a record of more than 9000 bytes (--max-line)");
        assert_int_equal(r.error_line, 3);
        assert_reading(&r, "0:2 1|2|\n", 9);
        reading_release(&r);
        free(text);
    }
}

/* The quote that opens is told while the record is short enough, else its length; at each size. */
static void test_a_long_open_record(void **state)
{
    char *text = make_long(200000, "\n3,4\n");
    text[8] = '"';
    assert_source(*state, (const char *const[]){text}, 1, 9000, "0:2 1|2|\n",
                  "a record of more than 9000 bytes (--max-line)\n  a quote that is not closed "
                  "makes one record of all that follows",
                  0, 3);
    assert_source(*state, (const char *const[]){text}, 1, 1 << 20, "0:2 1|2|\n",
                  "a quote opens here and is never closed", 0, 3);
    free(text);
}

static void test_a_header_beyond_the_longest_record_is_refused(void **state)
{
    char *text = malloc(5000);
    assert_non_null(text);
    memset(text, 'h', 4997);
    strcpy(text + 4997, "\n1");
    rc_source_options options = make_options(NULL, 1, 4096);
    options.max_line_bytes = 4096;
    const char *path = scratch_write(*state, "head", text, strlen(text));
    options.inputs.items = &path;
    reading r = read_all(&options);
    assert_int_equal(r.status, RC_E_DATA);
    assert_non_null(strstr(r.error.text, "head: the first record has more than 4096 bytes"));
    reading_release(&r);
    free(text);
}

static void test_a_cut_gzip_gives_its_whole_records_first(void **state)
{
    scratch *s = *state;
    rc_buf file = {0}, expected = {0};
    assert_true(rc_buf_text(&file, "id,v\n"));
    for (size_t r = 0; r < 4000; r++)
        assert_true(rc_buf_printf(&file, "%zu,%zu\n", r, r * 7919 % 1009));
    char path[PATH_MAX], part[PATH_MAX];
    strcpy(path, write_file(s, 0, &file, true));
    char packed[65536];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, packed, sizeof(packed));
    close(fd);
    assert_true(n > 4000 && (size_t)n < sizeof(packed));
    strcpy(part, scratch_write(s, "part.gz", packed, (size_t)n * 2 / 3));
    /* what zlib itself can read of it */
    char *plain = calloc(file.n, 1);
    gzFile gz = gzopen(part, "rb");
    int n_plain = gzread(gz, plain, (unsigned)file.n);
    gzclose(gz);
    assert_true(n_plain > 5000);
    size_t line = 1;
    for (char *row = plain + 5, *end; (end = strchr(row, '\n')) != NULL; row = end + 1) {
        char *comma = strchr(row, ',');
        assert_true(rc_buf_printf(&expected, "0:%zu %.*s|%.*s|\n", ++line, (int)(comma - row), row,
                                  (int)(end - comma - 1), comma + 1));
    }
    for (size_t k = 0; k < N_SIZES; k++) {
        const char *paths[] = {part};
        rc_source_options options = make_options(paths, 1, packet_sizes[k]);
        reading r = read_all(&options);
        assert_int_equal(r.status, RC_E_DATA);
        assert_non_null(strstr(r.error.text, "part.gz: "));
        assert_int_equal(r.error_line, 0);
        assert_reading(&r, expected.data, expected.n);
        reading_release(&r);
    }
    free(plain);
    rc_buf_release(&file);
    rc_buf_release(&expected);
}

static void test_sizes_are_told(void **state)
{
    scratch *s = *state;
    char first[PATH_MAX], second[PATH_MAX];
    strcpy(first, scratch_write(s, "x", "a\n1\n", 4));
    strcpy(second, scratch_write(s, "y", "a\n2\n\n", 5));
    const char *paths[] = {first, second, "-"};
    rc_source_options options = make_options(paths, 2, 4096);
    rc_source *source;
    assert_int_equal(rc_source_open(&source, &options, NULL), RC_OK);
    assert_int_equal(rc_source_bytes_total(source), 9);
    rc_packet packet = {0};
    bool is_slow;
    assert_int_equal(rc_source_next(source, &packet, &is_slow), RC_OK);
    assert_int_equal(packet.bytes_read, 4);
    assert_int_equal(rc_source_next(source, &packet, &is_slow), RC_OK);
    assert_int_equal(packet.bytes_read, 9);
    assert_int_equal(packet.header_lines, 1);
    rc_packet_free_data(&packet);
    rc_source_close(source);
    options.inputs.n = 3;
    assert_int_equal(rc_source_open(&source, &options, NULL), RC_OK);
    assert_int_equal(rc_source_bytes_total(source), 0);
    rc_source_close(source);
    assert_string_equal(rc_input_name("-"), "stdin");
    assert_string_equal(rc_input_name("x"), "x");
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(test_random_files_come_whole_in_packets_of_any_size),
        IN_SCRATCH(test_a_record_never_leaves_its_file),
        IN_SCRATCH(test_headers_must_be_the_same),
        IN_SCRATCH(test_an_input_that_is_not_there),
        IN_SCRATCH(test_an_open_quote_is_named_by_its_line),
        IN_SCRATCH(test_the_longest_record),
        IN_SCRATCH(test_records_beyond_the_longest_are_refused),
        IN_SCRATCH(test_a_long_open_record),
        IN_SCRATCH(test_a_header_beyond_the_longest_record_is_refused),
        IN_SCRATCH(test_a_cut_gzip_gives_its_whole_records_first),
        IN_SCRATCH(test_sizes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
