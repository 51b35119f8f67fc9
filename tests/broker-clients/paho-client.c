/*
 * A client of Eclipse Paho for C that does what it reads from standard input; the lines are in program-client.ts.
 * Paho calls back from its own thread; connections are made again by the main one, which a pipe wakes up.
 */
#include <MQTTClient.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { field_limit = 8, line_limit = 4096, retry_ms = 20 };

static MQTTClient client;
static int version;
static int clean_start;
static const char *will_topic;
static const char *will_payload;
static int lost_pipe[2];

static void fail(const char *what, int code) {
  fprintf(stderr, "%s failed: %d\n", what, code);
  exit(1);
}

static void on_lost(void *context, char *cause) {
  (void)context;
  (void)cause;
  printf("lost\n");
  if (write(lost_pipe[1], "x", 1) != 1) fail("write", 0);
}

static int on_message(void *context, char *topic, int topic_length, MQTTClient_message *message) {
  (void)context;
  (void)topic_length;
  MQTTLenString content_type = {0, ""};
  MQTTLenString trace = {0, ""};
  for (int index = 0; index < message->properties.count; index++) {
    MQTTProperty *property = &message->properties.array[index];
    if (property->identifier == MQTTPROPERTY_CODE_CONTENT_TYPE) content_type = property->value.data;
    if (property->identifier == MQTTPROPERTY_CODE_USER_PROPERTY) trace = property->value.value;
  }
  printf("message\t%s\t%d\t%d\t%.*s\t%.*s\t%.*s\n", topic, message->qos, message->retained, message->payloadlen,
         (char *)message->payload, content_type.len, content_type.data, trace.len, trace.data);
  MQTTClient_freeMessage(&message);
  MQTTClient_free(topic);
  return 1;
}

static int connect_client(void) {
  MQTTClient_connectOptions options3 = MQTTClient_connectOptions_initializer;
  MQTTClient_connectOptions options5 = MQTTClient_connectOptions_initializer5;
  MQTTClient_connectOptions options = version == 5 ? options5 : options3;
  MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
  options.MQTTVersion = version;
  options.maxInflightMessages = 100;
  options.connectTimeout = 20;
  if (version == 5)
    options.cleanstart = clean_start;
  else
    options.cleansession = clean_start;
  if (will_topic[0] != '\0') {
    will.topicName = will_topic;
    will.message = will_payload;
    will.qos = 1;
    options.will = &will;
  }
  int code;
  if (version == 5) {
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTProperty expiry;
    expiry.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL;
    expiry.value.integer4 = 60;
    MQTTProperties_add(&properties, &expiry);
    MQTTResponse response = MQTTClient_connect5(client, &options, &properties, NULL);
    MQTTProperties_free(&properties);
    code = response.reasonCode;
    MQTTResponse_free(response);
  } else {
    code = MQTTClient_connect(client, &options);
  }
  /* Paho does not say what a CONNACK of MQTT 5 said. */
  const char *session_present = version == 5 ? "unknown" : options.returned.sessionPresent ? "1" : "0";
  if (code == MQTTCLIENT_SUCCESS) printf("connected\t%s\n", session_present);
  return code;
}

static void connect_again(void) {
  struct timespec pause = {0, retry_ms * 1000000L};
  while (connect_client() != MQTTCLIENT_SUCCESS) nanosleep(&pause, NULL);
}

static void on_published(void *context, MQTTClient_deliveryToken token) {
  (void)context;
  printf("published\t%d\n", token);
}

static void subscribe(char **fields) {
  int qos = atoi(fields[2]);
  if (version != 5) {
    int code = MQTTClient_subscribe(client, fields[1], qos);
    if (code != MQTTCLIENT_SUCCESS) fail("subscribe", code);
    printf("subscribed\t%d\n", qos);
    return;
  }
  MQTTResponse response = MQTTClient_subscribe5(client, fields[1], qos, NULL, NULL);
  printf("subscribed\t%d\n", response.reasonCode);
  MQTTResponse_free(response);
}

static void unsubscribe(char **fields) {
  int code;
  if (version == 5) {
    MQTTResponse response = MQTTClient_unsubscribe5(client, fields[1], NULL);
    code = response.reasonCode;
    MQTTResponse_free(response);
  } else {
    code = MQTTClient_unsubscribe(client, fields[1]);
  }
  if (code != 0) fail("unsubscribe", code);
  printf("unsubscribed\n");
}

static void publish(char **fields) {
  MQTTClient_message message = MQTTClient_message_initializer;
  message.qos = atoi(fields[3]);
  message.retained = atoi(fields[4]);
  message.payload = fields[5];
  message.payloadlen = (int)strlen(fields[5]);
  MQTTClient_deliveryToken token = 0;
  int code;
  if (version == 5) {
    if (fields[6][0] != '\0') {
      MQTTProperty content_type = {.identifier = MQTTPROPERTY_CODE_CONTENT_TYPE};
      content_type.value.data = (MQTTLenString){(int)strlen(fields[6]), fields[6]};
      MQTTProperty trace = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};
      trace.value.data = (MQTTLenString){5, "trace"};
      trace.value.value = (MQTTLenString){(int)strlen(fields[7]), fields[7]};
      MQTTProperties_add(&message.properties, &content_type);
      MQTTProperties_add(&message.properties, &trace);
    }
    MQTTResponse response = MQTTClient_publishMessage5(client, fields[2], &message, &token);
    code = response.reasonCode;
    MQTTResponse_free(response);
    MQTTProperties_free(&message.properties);
  } else {
    code = MQTTClient_publishMessage(client, fields[2], &message, &token);
  }
  if (code != MQTTCLIENT_SUCCESS) fail("publish", code);
  printf("taken\t%s\t%d\n", fields[1], token);
}

/* One line; 0 when it ends the program. */
static int obey(char *line) {
  char *fields[field_limit];
  int count = 0;
  for (char *rest = line; rest != NULL && count < field_limit; count++) {
    fields[count] = rest;
    rest = strchr(rest, '\t');
    if (rest != NULL) *rest++ = '\0';
  }
  if (strcmp(fields[0], "subscribe") == 0) subscribe(fields);
  else if (strcmp(fields[0], "unsubscribe") == 0) unsubscribe(fields);
  else if (strcmp(fields[0], "publish") == 0) publish(fields);
  else return 0;
  return 1;
}

/* Obeys the complete lines of what came and keeps the rest; 0 when a line ended the program. */
static int read_lines(char *buffer, size_t *filled) {
  ssize_t got = read(STDIN_FILENO, buffer + *filled, line_limit - 1 - *filled);
  if (got <= 0) return 0;
  *filled += (size_t)got;
  buffer[*filled] = '\0';
  char *start = buffer;
  for (char *end; (end = strchr(start, '\n')) != NULL; start = end + 1) {
    *end = '\0';
    if (!obey(start)) return 0;
  }
  *filled = strlen(start);
  memmove(buffer, start, *filled + 1);
  return 1;
}

int main(int count, char **arguments) {
  if (count != 7) fail("six arguments are needed, counting them", count - 1);
  setvbuf(stdout, NULL, _IOLBF, 0);
  version = atoi(arguments[2]);
  clean_start = atoi(arguments[4]);
  will_topic = arguments[5];
  will_payload = arguments[6];
  if (pipe(lost_pipe) != 0) fail("pipe", 0);

  char address[64];
  snprintf(address, sizeof address, "tcp://127.0.0.1:%s", arguments[1]);
  MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
  create.MQTTVersion = version;
  int code = MQTTClient_createWithOptions(&client, address, arguments[3], MQTTCLIENT_PERSISTENCE_NONE, NULL, &create);
  if (code != MQTTCLIENT_SUCCESS) fail("create", code);
  MQTTClient_setCallbacks(client, NULL, on_lost, on_message, on_published);
  code = connect_client();
  if (code != MQTTCLIENT_SUCCESS) fail("connect", code);

  static char buffer[line_limit];
  size_t filled = 0;
  struct pollfd sources[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = lost_pipe[0], .events = POLLIN}};
  for (int running = 1; running;) {
    if (poll(sources, 2, -1) < 0) fail("poll", 0);
    if (sources[1].revents != 0) {
      char byte;
      if (read(lost_pipe[0], &byte, 1) == 1) connect_again();
    }
    if (sources[0].revents != 0) running = read_lines(buffer, &filled);
  }
  if (version == 5)
    MQTTClient_disconnect5(client, 1000, MQTTREASONCODE_SUCCESS, NULL);
  else
    MQTTClient_disconnect(client, 1000);
  MQTTClient_destroy(&client);
  return 0;
}
