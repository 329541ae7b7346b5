/* main.c - replay files and folders through a fuzz target, for builds without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    uint8_t *data = NULL;
    size_t n = 0, got;
    do {
        /* exactly as long as what it holds, once the end is seen: reading on is caught */
        uint8_t *longer = realloc(data, n + 65536);
        if (longer == NULL)
            abort();
        data = longer;
        got = fread(data + n, 1, 65536, file);
        n += got;
    } while (got > 0);
    fclose(file);
    uint8_t *exact = realloc(data, n > 0 ? n : 1);
    if (exact == NULL)
        abort();
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 1;
}

static size_t replay(const char *path)
{
    struct stat what;
    if (stat(path, &what) != 0 || !S_ISDIR(what.st_mode))
        return replay_file(path);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        perror(path);
        exit(2);
    }
    size_t n = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char below[4096];
        int length = snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && length > 0 && (size_t)length < sizeof(below))
            n += replay(below);
    }
    closedir(folder);
    return n;
}

int main(int argc, char **argv)
{
    size_t n = 0;
    for (int i = 1; i < argc; i++)
        n += replay(argv[i]);
    printf("replayed %zu files\n", n);
    return n > 0 ? 0 : 2; /* nothing replayed is no success */
}
