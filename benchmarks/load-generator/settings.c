#include "settings.h"

#include "failure.h"

#include <stdlib.h>
#include <string.h>

static uint32_t read_integer(const char *name, const char *text, uint32_t minimum, uint32_t maximum)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < minimum || value > maximum)
        fail("option \"%s\" must be an integer %u-%u, got %s", name, minimum, maximum, text);
    return (uint32_t)value;
}

static double read_seconds(const char *name, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !(value >= 0 && value <= 86400))
        fail("option \"%s\" must be a number of seconds 0-86400, got %s", name, text);
    return value;
}

static int read_word(const char *name, const char *text, const char *const *words)
{
    for (int index = 0; words[index] != NULL; index++)
        if (strcmp(words[index], text) == 0) return index;
    fail("option \"%s\" has no value %s", name, text);
}

static const char *const mode_words[] = {"load", "idle", "retained", "stored", NULL};
static const char *const topology_words[] = {"pairs", "fan", "shared", NULL};
static const char *const filters_words[] = {"exact", "mixed", "one", NULL};
static const char *const transport_words[] = {"tcp", "tls", "websocket", NULL};

static void read_option(struct settings *settings, const char *name, const char *text)
{
#define IS(option) (strcmp(name, "--" option) == 0)
    if (IS("mode")) settings->mode = (enum mode)read_word(name, text, mode_words);
    else if (IS("topology")) settings->topology = (enum topology)read_word(name, text, topology_words);
    else if (IS("filters")) settings->filters = (enum filters)read_word(name, text, filters_words);
    else if (IS("transport")) settings->transport = (enum transport)read_word(name, text, transport_words);
    else if (IS("host")) settings->host = text;
    else if (IS("port")) settings->port = (uint16_t)read_integer(name, text, 1, 65535);
    else if (IS("broker-pid")) settings->broker_pid = read_integer(name, text, 0, INT32_MAX);
    else if (IS("version")) settings->version = read_integer(name, text, 4, 5);
    else if (IS("qos")) settings->qos = read_integer(name, text, 0, 2);
    else if (IS("publishers")) settings->publishers = read_integer(name, text, 0, 60000);
    else if (IS("subscribers")) settings->subscribers = read_integer(name, text, 1, 60000);
    else if (IS("frozen")) settings->frozen = read_integer(name, text, 0, 1000);
    else if (IS("outstanding")) settings->outstanding = read_integer(name, text, 1, 10000);
    else if (IS("rate")) settings->rate = read_integer(name, text, 0, 10000000);
    else if (IS("payload")) settings->payload = read_integer(name, text, 16, 64 << 20);
    else if (IS("keep-alive")) settings->keep_alive = read_integer(name, text, 0, 65535);
    else if (IS("topics")) settings->topics = read_integer(name, text, 1, 1000000);
    else if (IS("depth")) settings->depth = read_integer(name, text, 2, 1000);
    else if (IS("messages")) settings->messages = read_integer(name, text, 1, 10000000);
    else if (IS("properties")) settings->properties = read_integer(name, text, 0, 1) == 1;
    else if (IS("persistent")) settings->persistent = read_integer(name, text, 0, 1) == 1;
    else if (IS("flood")) settings->flood = read_integer(name, text, 0, 1) == 1;
    else if (IS("spin")) settings->spin = read_integer(name, text, 0, 1) == 1;
    else if (IS("warm-up")) settings->warm_up_seconds = read_seconds(name, text);
    else if (IS("seconds")) settings->seconds = read_seconds(name, text);
    else if (IS("at-least")) settings->at_least = read_integer(name, text, 1, 100000000);
    else if (IS("patience")) settings->patience_seconds = read_seconds(name, text);
    else fail("there is no option \"%s\"", name);
#undef IS
}

struct settings settings_read(int count, char **arguments)
{
    struct settings settings = {
        .host = "127.0.0.1",
        .version = 4,
        .publishers = 1,
        .subscribers = 1,
        .outstanding = 1,
        .payload = 64,
        .topics = 1,
        .depth = 3,
        .messages = 50000,
        .warm_up_seconds = 1,
        .seconds = 3,
        .at_least = 1,
        .patience_seconds = 5,
    };
    for (int index = 1; index < count; index += 2) {
        if (index + 1 == count) fail("option \"%s\" has no value", arguments[index]);
        read_option(&settings, arguments[index], arguments[index + 1]);
    }
    if (settings.port == 0) fail("option \"--port\" is missing");
    if (settings.topology == TOPOLOGY_PAIRS && settings.mode == MODE_LOAD &&
        settings.publishers != settings.subscribers)
        fail("pairs need as many publishers as subscribers");
    if (settings.properties && settings.version != 5) fail("properties need version 5");
    return settings;
}
