/* test_keras_store.c - Keras files of each layout taken apart: files that the HDF5 library makes
 * here, and those of the frameworks in testdata/keras. */
#include "h5_made.h"

#include <math.h>
#include <unistd.h>

#include "model/foreign/keras/keras.h"

/* -- files ---------------------------------------------------------------------------------------
 */

typedef struct opened {
    char *data;
    rc_keras_store *store;
    rc_error err;
    rc_status status;
} opened;

static opened open_bytes(char *data, size_t n, const char *architecture)
{
    opened o = {.data = data};
    rc_foreign_file file = {.fd = -1, .data = data, .n = n, .architecture = architecture};
    file.n_architecture = architecture != NULL ? strlen(architecture) : 0;
    o.status = rc_keras_store_open(&o.store, &file, &o.err);
    return o;
}

/* Closes the file that was made, and opens what it holds. */
static opened open_made_with(hid_t file, const char *architecture)
{
    assert_true(H5Fflush(file, H5F_SCOPE_LOCAL) >= 0);
    ssize_t n = H5Fget_file_image(file, NULL, 0);
    char *data = malloc((size_t)n);
    assert_int_equal(H5Fget_file_image(file, data, (size_t)n), n);
    H5Fclose(file);
    return open_bytes(data, (size_t)n, architecture);
}

static opened open_made(hid_t file)
{
    opened o = open_made_with(file, NULL);
    assert_string_equal(o.err.text, "");
    assert_int_equal(o.status, RC_OK);
    return o;
}

static void release(opened *o)
{
    rc_keras_store_close(o->store);
    free(o->data);
}

static void refused(opened o, const char *text)
{
    assert_int_equal(o.status, RC_E_MODEL);
    assert_int_equal(o.err.code, RC_E_MODEL);
    assert_string_equal(o.err.text, text);
    assert_null(o.store);
    free(o.data);
}

static void put_ones(hid_t file, const char *path, float first)
{
    float data[2] = {first, first + 0.5F};
    put(file, path, H5T_IEEE_F32LE, 2, 0, data);
}

/* Texts of 24 bytes as an attribute. */
static void mark_names(hid_t file, const char *path, const char *name, hsize_t n,
                       const char (*texts)[24])
{
    hid_t type = text_type(24);
    mark_with(file, path, name, type, n, texts);
    H5Tclose(type);
}

/* The first number of each array, with its name. */
static void assert_arrays(opened *o, const rc_keras_id *id, const char *expected)
{
    char text[512] = "";
    size_t n = 0;
    rc_keras_arrays arrays;
    assert_int_equal(rc_keras_store_arrays(o->store, id, &arrays, &o->err), RC_OK);
    for (size_t i = 0; i < arrays.n; i++) {
        const rc_keras_array *a = &arrays.items[i];
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s=%g", i > 0 ? " " : "", a->name,
                              rc_number_at(a->type, a->data, 0));
    }
    assert_string_equal(text, expected);
    free(arrays.items);
}

static void assert_no_arrays(opened *o, const rc_keras_id *id, const char *text)
{
    rc_keras_arrays arrays;
    rc_status st = rc_keras_store_arrays(o->store, id, &arrays, &o->err);
    assert_string_equal(o->err.text, text);
    assert_int_equal(st, RC_E_MODEL);
    assert_int_equal(o->err.code, RC_E_MODEL);
    assert_null(arrays.items);
}

/* -- names of layers -----------------------------------------------------------------------------
 */

static hid_t new_legacy(void)
{
    hid_t file = new_file();
    put_group(file, "/model_weights");
    mark(file, "/", "model_config", "{\"class_name\": \"Sequential\", \"config\": []}");
    return file;
}

static void test_legacy_arrays_are_those_that_are_named(void **state)
{
    (void)state;
    hid_t file = new_legacy();
    put_ones(file, "/model_weights/dense_1/dense_1/kernel:0", 1);
    put_ones(file, "/model_weights/dense_1/dense_1/bias:0", 2);
    put_ones(file, "/model_weights/dense_1/dense_1/unnamed:0", 3);
    put_group(file, "/model_weights/drop");
    put_ones(file, "/model_weights/a/b/a/b/kernel", 4); /* a layer called a/b */
    mark_texts(file, "/model_weights", "layer_names", 3,
               (const char[][8]){"dense_1", "drop", "a/b"});
    mark_names(file, "/model_weights/dense_1", "weight_names", 2,
               (const char[][24]){"dense_1/kernel:0", "dense_1/bias:0"});
    double none = 0; /* as Keras writes an empty list */
    mark_with(file, "/model_weights/drop", "weight_names", H5T_NATIVE_DOUBLE, 1, &none);
    mark_names(file, "/model_weights/a/b", "weight_names", 1, (const char[][24]){"a/b/kernel"});
    mark(file, "/", "keras_version", "2.11.0");
    mark(file, "/", "training_config", "{\"loss\": \"mse\"}");
    opened o = open_made(file);
    const char *const *names;
    size_t n;
    assert_int_equal(rc_keras_store_layout(o.store), RC_KERAS_LEGACY);
    assert_int_equal(rc_keras_store_major(o.store), 2);
    assert_non_null(rc_keras_store_config(o.store));
    assert_string_equal(
        json_string_value(json_object_get(rc_keras_store_training(o.store), "loss")), "mse");
    rc_keras_store_layers(o.store, &names, &n);
    assert_int_equal(n, 3);
    assert_string_equal(names[1], "drop");
    assert_arrays(&o, &(rc_keras_id){.name = "dense_1"}, "kernel=1 bias=2");
    assert_arrays(&o, &(rc_keras_id){.name = "drop"}, "");
    assert_arrays(&o, &(rc_keras_id){.name = "absent"}, "");
    assert_arrays(&o, &(rc_keras_id){.name = "a/b"}, "kernel=4");
    assert_arrays(&o, &(rc_keras_id){.name = "dense_1"}, "kernel=1 bias=2");
    release(&o);
}

static void test_legacy_nested_arrays_are_picked_by_their_path(void **state)
{
    (void)state;
    hid_t file = new_legacy();
    put_ones(file, "/model_weights/m/d/kernel:0", 1); /* of m/d */
    put_ones(file, "/model_weights/m/inner/d/kernel:0", 2);
    put_ones(file, "/model_weights/m/top/m/inner/e/kernel:0", 3);
    put_ones(file, "/model_weights/m/inner/de/kernel:0", 4);
    put_ones(file, "/model_weights/m/x/f/kernel:0", 5);
    put_ones(file, "/model_weights/m/y/f/kernel:0", 6);
    mark_names(file, "/model_weights/m", "weight_names", 6,
               (const char[][24]){"d/kernel:0", "inner/d/kernel:0", "top/m/inner/e/kernel:0",
                                  "inner/de/kernel:0", "x/f/kernel:0", "y/f/kernel:0"});
    opened o = open_made(file);
    rc_keras_id m = {.name = "m"}, inner = {.name = "inner", .parent = &m};
    assert_arrays(&o, &(rc_keras_id){.name = "d", .parent = &m}, "kernel=1");
    assert_arrays(&o, &(rc_keras_id){.name = "d", .parent = &inner}, "kernel=2");
    assert_arrays(&o, &(rc_keras_id){.name = "e", .parent = &inner}, "kernel=3");
    assert_arrays(&o, &(rc_keras_id){.name = "e", .parent = &m}, "kernel=3");
    assert_arrays(&o, &(rc_keras_id){.name = "de", .parent = &inner}, "kernel=4");
    assert_arrays(&o, &(rc_keras_id){.name = "g", .parent = &inner}, "");
    assert_no_arrays(&o, &(rc_keras_id){.name = "f", .parent = &m},
                     "two layers of the model have such an array 'kernel'");
    release(&o);
}

static void test_lists_of_names_may_be_split(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_ones(file, "/a/k", 1);
    put_ones(file, "/a/b", 2);
    mark_texts(file, "/", "layer_names0", 2, (const char[][8]){"a", "b"});
    mark_texts(file, "/", "layer_names1", 1, (const char[][8]){"c"});
    mark_texts(file, "/a", "weight_names0", 1, (const char[][8]){"k"});
    mark_texts(file, "/a", "weight_names1", 1, (const char[][8]){"b"});
    opened o = open_made(file);
    const char *const *names;
    size_t n;
    assert_int_equal(rc_keras_store_layout(o.store), RC_KERAS_WEIGHTS);
    assert_null(rc_keras_store_config(o.store));
    rc_keras_store_layers(o.store, &names, &n);
    assert_int_equal(n, 3);
    assert_string_equal(names[2], "c");
    assert_arrays(&o, &(rc_keras_id){.name = "a"}, "k=1 b=2");
    release(&o);
}

static void test_too_many_names_are_refused(void **state)
{
    (void)state;
    enum { MANY = 10001 };
    char(*names)[8] = calloc(MANY, 8);
    memset(names, 'x', (size_t)MANY * 8);
    hid_t file = new_file(), group;
    hid_t access = H5Fget_access_plist(file), type = text_type(2);
    H5Pclose(access);
    group = H5Gopen2(file, "/", H5P_DEFAULT);
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof(name), "layer_names%d", i);
        mark_with(file, "/", name, type, MANY, names);
    }
    H5Tclose(type);
    H5Gclose(group);
    free(names);
    refused(open_made_with(file, NULL), "'layer_names' has more than 20000 names");
}

/* -- configurations ------------------------------------------------------------------------------
 */

static void test_configuration_is_one_text_of_any_kind(void **state)
{
    (void)state;
    const char *text = "{\"class_name\": \"Model\"}";
    hid_t file = new_file(), variable = H5Tcopy(H5T_C_S1);
    H5Tset_size(variable, H5T_VARIABLE);
    H5Tset_cset(variable, H5T_CSET_UTF8);
    mark_with(file, "/", "model_config", variable, 0, &text);
    opened o = open_made(file);
    assert_string_equal(
        json_string_value(json_object_get(rc_keras_store_config(o.store), "class_name")), "Model");
    release(&o);
    file = new_file();
    mark_with(file, "/", "model_config", variable, 2, (const char *[]){text, text});
    H5Tclose(variable);
    refused(open_made_with(file, NULL), "attribute 'model_config': not one text");
    file = new_file();
    mark_int(file, "/", "model_config", 7);
    refused(open_made_with(file, NULL), "attribute 'model_config': not one text");
    file = new_file();
    mark(file, "/", "model_config", "{\"a\": tru}");
    refused(open_made_with(file, NULL), "model_config: line 1, column 9: invalid token near 'tru'");
}

static void test_numbers_that_json_does_not_have_become_texts(void **state)
{
    (void)state;
    hid_t file = new_file();
    mark(file, "/", "model_config",
         "{\"a\": NaN, \"b\": [Infinity,-Infinity], \"c\": \"\\\"NaN\", \"d\": \"Infinity \\\\\"}");
    opened o = open_made(file);
    const json_t *config = rc_keras_store_config(o.store), *b = json_object_get(config, "b");
    assert_string_equal(json_string_value(json_object_get(config, "a")), "NaN");
    assert_string_equal(json_string_value(json_array_get(b, 0)), "Infinity");
    assert_string_equal(json_string_value(json_array_get(b, 1)), "-Infinity");
    assert_string_equal(json_string_value(json_object_get(config, "c")), "\"NaN");
    assert_string_equal(json_string_value(json_object_get(config, "d")), "Infinity \\");
    release(&o);
}

static int major_with(const char *version, const char *architecture)
{
    hid_t file = new_file();
    put_ones(file, "/a/k", 1);
    mark_texts(file, "/", "layer_names", 1, (const char[][8]){"a"});
    if (version != NULL)
        mark(file, "/", "keras_version", version);
    opened o = open_made_with(file, architecture);
    assert_int_equal(o.status, RC_OK);
    int major = rc_keras_store_major(o.store);
    assert_int_equal(rc_keras_store_config(o.store) != NULL,
                     architecture != NULL && strchr(architecture, '{') != NULL);
    release(&o);
    return major;
}

static void test_version_is_that_of_the_file_or_the_architecture(void **state)
{
    (void)state;
    assert_int_equal(major_with(NULL, NULL), 2);
    assert_int_equal(major_with("1.2.2", NULL), 1);
    assert_int_equal(major_with("2.1.6-tf", "relu,softmax"), 2);
    assert_int_equal(major_with("3.15.1", "  "), 3);
    assert_int_equal(major_with("unknown", NULL), 2);
    assert_int_equal(major_with("2.0.5", " {\"keras_version\": \"3.0\"}"), 3);
}

/* -- the layout with classes ---------------------------------------------------------------------
 */

static void test_v3_layers_are_found_by_class_and_number(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_ones(file, "/layers/dense/vars/0", 1);
    put_ones(file, "/layers/dense/vars/1", 2);
    put_ones(file, "/layers/dense/vars/3", 3);
    put_ones(file, "/layers/dense_1/vars/0", 4);
    put_ones(file, "/layers/p_re_lu/vars/0", 5);
    put_ones(file, "/layers/my__layer2_d/vars/0", 6);
    put_ones(file, "/layers/functional/layers/dense/vars/0", 7);
    put_ones(file, "/layers/dense_10/vars/0", 8);
    put_ones(file, "/layers/dense_2/vars/0", 9);
    put_group(file, "/layers/dropout/vars");
    put_group(file, "/layers/nothing");
    opened o = open_made(file);
    const char *const *names;
    size_t n;
    assert_int_equal(rc_keras_store_layout(o.store), RC_KERAS_V3_WEIGHTS);
    assert_int_equal(rc_keras_store_major(o.store), 3);
    rc_keras_id model = {.name = "m", .class_name = "Functional"};
    assert_arrays(&o, &(rc_keras_id){.class_name = "Dense"}, "0=1 1=2");
    assert_arrays(&o, &(rc_keras_id){.class_name = "Dense", .nth = 1}, "0=4");
    assert_arrays(&o, &(rc_keras_id){.class_name = "Dense", .nth = 3}, "");
    assert_arrays(&o, &(rc_keras_id){.class_name = "PReLU"}, "0=5");
    assert_arrays(&o, &(rc_keras_id){.class_name = "My_Layer2D"}, "");
    assert_arrays(&o, &(rc_keras_id){.class_name = "my__layer2_d"}, "0=6");
    assert_arrays(&o, &(rc_keras_id){.class_name = "Dense", .parent = &model}, "0=7");
    assert_arrays(&o, &(rc_keras_id){.class_name = "Dropout"}, "");
    assert_arrays(&o, &(rc_keras_id){.class_name = "Nothing"}, "");
    rc_keras_store_layers(o.store, &names, &n);
    const char *const expected[] = {"dense",    "dense_1",      "dense_2",
                                    "dense_10", "my__layer2_d", "p_re_lu"};
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(names[i], expected[i]);
    release(&o);
}

/* TensorFlow 2.13 numbers layers with weights 0, 2, 4 ... */
static void test_v3_layers_of_2_13_are_those_that_are_there(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_ones(file, "/_layer_checkpoint_dependencies/dense/vars/0", 1);
    put_ones(file, "/_layer_checkpoint_dependencies/dense_2/vars/0", 2);
    put_ones(file, "/_layer_checkpoint_dependencies/dense_3/vars/0", 3);
    put_ones(file, "/_layer_checkpoint_dependencies/dense_5/vars/0", 4);
    put_ones(file,
             "/_layer_checkpoint_dependencies/sequential_1/_layer_checkpoint_dependencies/dense_1/"
             "vars/0",
             5);
    opened o = open_made(file);
    rc_keras_id model = {.name = "m", .class_name = "Sequential"};
    for (size_t i = 0; i < 4; i++) {
        char expected[8];
        snprintf(expected, sizeof(expected), "0=%zu", i + 1);
        assert_arrays(&o, &(rc_keras_id){.class_name = "Dense", .nth = i}, expected);
    }
    assert_arrays(&o, &(rc_keras_id){.class_name = "Dense", .nth = 4}, "");
    assert_arrays(&o, &(rc_keras_id){.class_name = "Dense", .parent = &model}, "");
    model.nth = 1;
    assert_arrays(&o, &(rc_keras_id){.class_name = "Dense", .parent = &model}, "");
    release(&o);
}

/* -- types ---------------------------------------------------------------------------------------
 */

typedef struct typed {
    hid_t type;
    const void *bytes;
    rc_number_type expected;
    double value;
} typed;

static void assert_typed(const typed *t, const char *dtype)
{
    hid_t file = new_file();
    put(file, "/layers/dense/vars/0", t->type, 1, 0, t->bytes);
    if (dtype != NULL)
        mark(file, "/layers/dense/vars/0", "dtype", dtype);
    opened o = open_made(file);
    rc_keras_arrays arrays;
    rc_keras_id id = {.name = "d", .class_name = "Dense"};
    assert_int_equal(rc_keras_store_arrays(o.store, &id, &arrays, &o.err), RC_OK);
    assert_int_equal(arrays.n, 1);
    assert_int_equal(arrays.items[0].type, t->expected);
    assert_true(rc_number_at(t->expected, arrays.items[0].data, 0) == t->value);
    free(arrays.items);
    release(&o);
}

static void test_numbers_of_every_type_and_order_are_read(void **state)
{
    (void)state;
    const typed all[] = {
        {H5T_IEEE_F64LE, "\0\0\0\0\0\0\4\300", RC_NUMBER_F64, -2.5},
        {H5T_IEEE_F64BE, "\300\4\0\0\0\0\0\0", RC_NUMBER_F64, -2.5},
        {H5T_IEEE_F32LE, "\0\0\40\300", RC_NUMBER_F32, -2.5},
        {H5T_IEEE_F32BE, "\300\40\0\0", RC_NUMBER_F32, -2.5},
        {H5T_STD_I8LE, "\376", RC_NUMBER_I8, -2},
        {H5T_STD_I16BE, "\377\375", RC_NUMBER_I16, -3},
        {H5T_STD_I32LE, "\0\0\1\0", RC_NUMBER_I32, 65536},
        {H5T_STD_I64BE, "\377\377\377\377\377\377\377\0", RC_NUMBER_I64, -256},
        {H5T_STD_U8LE, "\376", RC_NUMBER_U8, 254},
        {H5T_STD_U16LE, "\1\1", RC_NUMBER_U16, 257},
        {H5T_STD_U32BE, "\200\0\0\0", RC_NUMBER_U32, 2147483648.0},
        {H5T_STD_U64LE, "\0\0\0\0\0\0\0\200", RC_NUMBER_U64, 0x1p63},
        {H5T_STD_B8LE, "\1", RC_NUMBER_BOOL, 1},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        assert_typed(&all[i], NULL);
    hid_t half = H5Tcopy(H5T_IEEE_F32LE), half_be = H5Tcopy(H5T_IEEE_F32BE);
    hid_t opaque = H5Tcreate(H5T_OPAQUE, 2);
    for (int i = 0; i < 2; i++) {
        hid_t type = i == 0 ? half : half_be;
        H5Tset_fields(type, 15, 10, 5, 0, 10);
        H5Tset_size(type, 2);
        H5Tset_ebias(type, 15);
    }
    assert_typed(&(typed){half, "\0\301", RC_NUMBER_F16, -2.5}, NULL);
    assert_typed(&(typed){half_be, "\301\0", RC_NUMBER_F16, -2.5}, "bfloat16");
    assert_typed(&(typed){opaque, "\40\300", RC_NUMBER_BF16, -2.5}, "bfloat16");
    assert_typed(&(typed){H5T_STD_U16BE, "\300\40", RC_NUMBER_BF16, -2.5}, "bfloat16");
    assert_typed(&(typed){H5T_STD_U16LE, "\40\300", RC_NUMBER_U16, 0xc020}, "float16");
    H5Tclose(half);
    H5Tclose(half_be);
    H5Tclose(opaque);
}

static void test_shapes_of_up_to_four_dimensions_are_kept(void **state)
{
    (void)state;
    const hsize_t shape[4] = {1, 2, 1, 3};
    int64_t one = 7;
    hid_t file = new_file();
    put_group(file, "/layers/norm/vars");
    hid_t spaces[] = {H5Screate(H5S_SCALAR), H5Screate_simple(4, shape, NULL),
                      H5Screate_simple(1, (hsize_t[]){0}, NULL)};
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof(name), "/layers/norm/vars/%d", i);
        hid_t dataset = H5Dcreate2(file, name, i == 0 ? H5T_STD_I64LE : H5T_IEEE_F32LE, spaces[i],
                                   H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (i == 0)
            H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &one);
        H5Dclose(dataset);
        H5Sclose(spaces[i]);
    }
    opened o = open_made(file);
    rc_keras_arrays arrays;
    assert_int_equal(
        rc_keras_store_arrays(o.store, &(rc_keras_id){.class_name = "Norm"}, &arrays, NULL), RC_OK);
    assert_int_equal(arrays.n, 3);
    assert_int_equal(arrays.items[0].rank, 0);
    assert_int_equal(arrays.items[0].n, 1);
    assert_true(rc_number_at(arrays.items[0].type, arrays.items[0].data, 0) == 7);
    assert_int_equal(arrays.items[1].rank, 4);
    assert_int_equal(arrays.items[1].n, 6);
    assert_int_equal(arrays.items[1].shape[1], 2);
    assert_int_equal(arrays.items[1].shape[3], 3);
    assert_int_equal(arrays.items[2].n, 0);
    free(arrays.items);
    release(&o);
}

/* -- files that want to harm ---------------------------------------------------------------------
 */

/* /layers/dense/vars/0 is whatever `make` makes of it. */
static void assert_harm(void (*make)(hid_t vars), const char *text)
{
    hid_t file = new_file();
    put_group(file, "/layers/dense/vars");
    put_ones(file, "/layers/other/vars/0", 1);
    hid_t vars = H5Gopen2(file, "/layers/dense/vars", H5P_DEFAULT);
    make(vars);
    H5Gclose(vars);
    opened o = open_made(file);
    assert_no_arrays(&o, &(rc_keras_id){.name = "d", .class_name = "Dense"}, text);
    release(&o);
}

static void make_soft(hid_t vars)
{
    H5Lcreate_soft("/layers/other/vars/0", vars, "0", H5P_DEFAULT, H5P_DEFAULT);
}

static void make_external(hid_t vars)
{
    H5Lcreate_external("/etc/passwd", "/x", vars, "0", H5P_DEFAULT, H5P_DEFAULT);
}

static void make_group(hid_t vars)
{
    H5Gclose(H5Gcreate2(vars, "0", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void make_dataset(hid_t vars, hid_t type, hid_t space, hid_t creation)
{
    hid_t dataset = H5Dcreate2(vars, "0", type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    if (creation != H5P_DEFAULT)
        H5Pclose(creation);
}

static void make_elsewhere(hid_t vars)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(creation, "/etc/passwd", 0, 80);
    make_dataset(vars, H5T_IEEE_F32LE, H5Screate_simple(1, (hsize_t[]){20}, NULL), creation);
}

static void make_virtual(hid_t vars)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE),
          space = H5Screate_simple(1, (hsize_t[]){2}, NULL);
    H5Pset_virtual(creation, space, "/etc/passwd", "/x", space);
    make_dataset(vars, H5T_IEEE_F32LE, space, creation);
}

static void make_nothing(hid_t vars)
{
    make_dataset(vars, H5T_IEEE_F32LE, H5Screate(H5S_NULL), H5P_DEFAULT);
}

static void make_deep(hid_t vars)
{
    make_dataset(vars, H5T_IEEE_F32LE, H5Screate_simple(5, (hsize_t[]){1, 1, 1, 1, 1}, NULL),
                 H5P_DEFAULT);
}

static void make_compound(hid_t vars)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, 4);
    H5Tinsert(type, "x", 0, H5T_IEEE_F32LE);
    make_dataset(vars, type, H5Screate_simple(1, (hsize_t[]){2}, NULL), H5P_DEFAULT);
    H5Tclose(type);
}

/* 400 MB of nothing: that is less than 4 GiB, but more than such a file can mean. */
static void make_huge(hid_t vars)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 1, (hsize_t[]){1024});
    make_dataset(vars, H5T_IEEE_F32LE, H5Screate_simple(1, (hsize_t[]){100000000}, NULL), creation);
}

/* The same dataset under many names: 80 MB each time. */
static void make_often(hid_t vars)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 1, (hsize_t[]){1 << 20});
    make_dataset(vars, H5T_STD_I8LE, H5Screate_simple(1, (hsize_t[]){10000000}, NULL), creation);
    for (int i = 1; i < 100; i++) {
        char name[8];
        snprintf(name, sizeof(name), "%d", i);
        H5Lcreate_hard(vars, "0", vars, name, H5P_DEFAULT, H5P_DEFAULT);
    }
}

static void test_harmful_arrays_are_refused(void **state)
{
    (void)state;
    assert_harm(make_soft, "array '0': '0' is a soft link, which is not followed");
    assert_harm(make_external, "array '0': '0' is an external link, which is not followed");
    assert_harm(make_group, "array '0': '0' is not a dataset");
    assert_harm(make_elsewhere,
                "array '0': dataset '0': its bytes are in other files, which are not opened");
    assert_harm(make_virtual,
                "array '0': dataset '0': a virtual dataset, whose sources are not opened");
    assert_harm(make_nothing, "array '0': dataset '0': it is empty by type (a null dataspace)");
    assert_harm(make_deep, "array '0': an array of 5 dimensions");
    assert_harm(make_compound, "array '0': an array of a type that is not read");
    assert_harm(make_huge, "array '0': dataset '0': its shape says more than 1000 times the bytes "
                           "of the file");
    /* 64 MiB and the thousandfold of the file: eight times */
    assert_harm(make_often, "array '8': dataset '8': its shape says more than 1000 times the bytes "
                            "of the file");
}

static void test_links_in_the_way_are_refused(void **state)
{
    (void)state;
    hid_t file = new_legacy();
    put_ones(file, "/model_weights/a/k", 1);
    H5Lcreate_soft("/model_weights/a", file, "/model_weights/soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/model_weights/a", file, "/model_weights/a/up", H5P_DEFAULT, H5P_DEFAULT);
    mark_names(file, "/model_weights/a", "weight_names", 1, (const char[][24]){"up/k"});
    opened o = open_made(file);
    assert_no_arrays(&o, &(rc_keras_id){.name = "soft"},
                     "'soft' is a soft link, which is not followed");
    assert_no_arrays(&o, &(rc_keras_id){.name = "a"},
                     "array 'up/k': 'up' is a soft link, which is not followed");
    release(&o);
    file = new_file();
    put_ones(file, "/layers/dense/vars/0", 1);
    H5Lcreate_soft("/layers/dense", file, "/layers/dense_1", H5P_DEFAULT, H5P_DEFAULT);
    o = open_made(file);
    assert_no_arrays(&o, &(rc_keras_id){.class_name = "Dense", .nth = 1},
                     "'dense_1' is a soft link, which is not followed");
    release(&o);
    file = new_legacy();
    H5Ldelete(file, "/model_weights", H5P_DEFAULT);
    H5Lcreate_external("/etc/passwd", "/", file, "/model_weights", H5P_DEFAULT, H5P_DEFAULT);
    refused(open_made_with(file, NULL),
            "'model_weights' is an external link, which is not followed");
}

static void test_too_many_arrays_are_refused(void **state)
{
    (void)state;
    hid_t file = new_file();
    put_ones(file, "/layers/dense/vars/0", 1);
    for (int i = 1; i <= 1000; i++) {
        char name[40];
        snprintf(name, sizeof(name), "/layers/dense/vars/%d", i);
        H5Lcreate_hard(file, "/layers/dense/vars/0", file, name, H5P_DEFAULT, H5P_DEFAULT);
    }
    opened o = open_made(file);
    assert_no_arrays(&o, &(rc_keras_id){.class_name = "Dense"}, "more than 1000 arrays");
    release(&o);
}

/* -- what is a model -----------------------------------------------------------------------------
 */

static void test_tables_are_no_models(void **state)
{
    (void)state;
    const char *text = "no Keras model: it has neither 'model_config' nor layers\n"
                       "  a table in HDF5 is an INPUT, not a model";
    hid_t file = new_file();
    put_ones(file, "/layers/counts/data", 1); /* AnnData has such a group */
    put_ones(file, "/layers/spliced", 1);
    H5Lcreate_soft("/x", file, "/layers/link", H5P_DEFAULT, H5P_DEFAULT);
    refused(open_made_with(file, NULL), text);
    file = new_file();
    put_ones(file, "/layers", 1);
    refused(open_made_with(file, NULL), text);
    char *nothing = malloc(8);
    memcpy(nothing, "\x89HDF\r\n\x1a\n", 8);
    refused(open_bytes(nothing, 8, NULL), "not an HDF5 file that can be read");
    refused(open_bytes(malloc(1), 0, NULL), "not an HDF5 file that can be read");
    refused(open_made_with(new_legacy(), "relu"),
            "it has a configuration of its own: --architecture "
            "is for weights alone");
}

/* -- files of the frameworks ---------------------------------------------------------------------
 */

static opened open_path(const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/keras/%s", getenv("RC_TESTDATA"), name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long n = ftell(file);
    rewind(file);
    char *data = malloc((size_t)n);
    assert_int_equal(fread(data, 1, (size_t)n, file), n);
    fclose(file);
    return open_bytes(data, (size_t)n, NULL);
}

static void test_files_of_frameworks_are_told(void **state)
{
    (void)state;
    const struct {
        const char *name;
        rc_keras_layout layout;
        int major;
        bool has_training;
        size_t n_layers;
    } files[] = {
        {"keras3-multi.keras", RC_KERAS_V3, 3, true, 0},
        {"keras3-multi.h5", RC_KERAS_LEGACY, 3, true, 7},
        {"keras3-multi.weights.h5", RC_KERAS_V3_WEIGHTS, 3, false, 5},
        {"keras2-multi.keras", RC_KERAS_V3, 2, true, 0},
        {"keras2-multi.h5", RC_KERAS_LEGACY, 2, true, 7},
        {"keras2-multi.weights.h5", RC_KERAS_V3_WEIGHTS, 3, false, 5},
        {"tf213-plain.keras", RC_KERAS_V3, 2, false, 0},
        {"tf213-dense.weights.h5", RC_KERAS_V3_WEIGHTS, 3, false, 6},
        {"old-2.0.6.h5", RC_KERAS_LEGACY, 2, false, 3},
        {"old-weights.h5", RC_KERAS_WEIGHTS, 2, false, 3},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const char *const *names;
        size_t n;
        opened o = open_path(files[i].name);
        assert_string_equal(o.err.text, "");
        assert_int_equal(rc_keras_store_layout(o.store), files[i].layout);
        assert_int_equal(rc_keras_store_major(o.store), files[i].major);
        bool has_config = files[i].layout == RC_KERAS_V3 || files[i].layout == RC_KERAS_LEGACY;
        assert_int_equal(rc_keras_store_config(o.store) != NULL, has_config);
        const json_t *training = rc_keras_store_training(o.store);
        assert_int_equal(json_object_get(training, "loss") != NULL, files[i].has_training);
        rc_keras_store_layers(o.store, &names, &n);
        assert_int_equal(n, files[i].n_layers);
        release(&o);
    }
}

/* Keras 3 calls the layer 'shared' layers/dense, and says its name beside the arrays. */
static void test_v3_layers_go_by_their_names_if_the_file_says_them(void **state)
{
    (void)state;
    opened o = open_path("keras3-nested.keras");
    rc_keras_arrays price, first;
    rc_keras_id id = {.name = "price", .class_name = "Dense", .nth = 1};
    assert_int_equal(rc_keras_store_arrays(o.store, &id, &price, NULL), RC_OK);
    assert_int_equal(price.n, 2);
    assert_int_equal(price.items[0].shape[0], 21);
    id.nth = 0; /* where 'shared' is, of 4 x 4 */
    assert_int_equal(rc_keras_store_arrays(o.store, &id, &first, NULL), RC_OK);
    assert_int_equal(first.items[0].shape[0], 21);
    assert_memory_equal(first.items[0].data, price.items[0].data, 21 * sizeof(float));
    free(first.items);
    id.name = "of nobody";
    assert_int_equal(rc_keras_store_arrays(o.store, &id, &first, NULL), RC_OK);
    assert_int_equal(first.items[0].shape[0], 4);
    free(first.items);
    free(price.items);
    release(&o);
}

static void assert_asset(const char *file, rc_keras_id id, const char *expected)
{
    opened o = open_path(file);
    const char *text;
    size_t n;
    assert_int_equal(rc_keras_store_asset(o.store, &id, "vocabulary.txt", &text, &n, &o.err),
                     expected != NULL ? RC_OK : RC_END);
    if (expected != NULL) {
        assert_int_equal(n, strlen(expected));
        assert_memory_equal(text, expected, n);
    }
    release(&o);
}

static void test_assets_stand_beside_their_layers(void **state)
{
    (void)state;
    rc_keras_id lookup = {.name = "string_lookup", .class_name = "StringLookup"};
    assert_asset("keras3-adapted.keras", lookup, "[UNK]\nb\na\nc");
    assert_asset("tf213-adapted.keras", lookup, "[UNK]\nb\na\nc");
    lookup.nth = 1;
    assert_asset("tf213-adapted.keras", lookup, "[UNK]\nx\ny");
    assert_asset("keras3-adapted.keras", lookup, NULL);
    assert_asset("keras3-multi.h5", lookup, NULL);
    lookup.parent = &(rc_keras_id){.name = "m", .class_name = "Model"};
    assert_asset("keras3-adapted.keras", lookup, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legacy_arrays_are_those_that_are_named),
        cmocka_unit_test(test_legacy_nested_arrays_are_picked_by_their_path),
        cmocka_unit_test(test_lists_of_names_may_be_split),
        cmocka_unit_test(test_too_many_names_are_refused),
        cmocka_unit_test(test_configuration_is_one_text_of_any_kind),
        cmocka_unit_test(test_numbers_that_json_does_not_have_become_texts),
        cmocka_unit_test(test_version_is_that_of_the_file_or_the_architecture),
        cmocka_unit_test(test_v3_layers_are_found_by_class_and_number),
        cmocka_unit_test(test_v3_layers_of_2_13_are_those_that_are_there),
        cmocka_unit_test(test_numbers_of_every_type_and_order_are_read),
        cmocka_unit_test(test_shapes_of_up_to_four_dimensions_are_kept),
        cmocka_unit_test(test_harmful_arrays_are_refused),
        cmocka_unit_test(test_links_in_the_way_are_refused),
        cmocka_unit_test(test_too_many_arrays_are_refused),
        cmocka_unit_test(test_tables_are_no_models),
        cmocka_unit_test(test_files_of_frameworks_are_told),
        cmocka_unit_test(test_v3_layers_go_by_their_names_if_the_file_says_them),
        cmocka_unit_test(test_assets_stand_beside_their_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
