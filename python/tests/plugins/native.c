/* A native add-on that is a plugin: an operator that returns its property `value`. Node-API is declared here, so that no header is needed. */
#include <stddef.h>

typedef struct env_s *env;
typedef struct value_s *value;
typedef struct info_s *info;

extern int napi_create_object(env, value *);
extern int napi_create_int32(env, int, value *);
extern int napi_create_string_utf8(env, const char *, size_t, value *);
extern int napi_set_named_property(env, value, const char *, value);
extern int napi_get_named_property(env, value, const char *, value *);
extern int napi_create_function(env, const char *, size_t, value (*)(env, info), void *, value *);
extern int napi_get_cb_info(env, info, size_t *, value *, value *, void **);

#define ALL ((size_t)-1)

static value text(env e, const char *words) {
  value made;
  napi_create_string_utf8(e, words, ALL, &made);
  return made;
}

static value execute(env e, info call) {
  size_t count = 1;
  value config, found;
  napi_get_cb_info(e, call, &count, &config, NULL, NULL);
  napi_get_named_property(e, config, "value", &found);
  return found;
}

value napi_register_module_v1(env e, value exports) {
  value one, operators, definition, schema, properties, anything, function;
  napi_create_int32(e, 1, &one);
  napi_create_object(e, &operators);
  napi_create_object(e, &definition);
  napi_create_object(e, &schema);
  napi_create_object(e, &properties);
  napi_create_object(e, &anything);
  napi_create_function(e, "execute", ALL, execute, NULL, &function);
  napi_set_named_property(e, properties, "value", anything);
  napi_set_named_property(e, schema, "type", text(e, "object"));
  napi_set_named_property(e, schema, "properties", properties);
  napi_set_named_property(e, definition, "description", text(e, "Returns its value."));
  napi_set_named_property(e, definition, "config", schema);
  napi_set_named_property(e, definition, "execute", function);
  napi_set_named_property(e, operators, "NativeOperator", definition);
  napi_set_named_property(e, exports, "api", one);
  napi_set_named_property(e, exports, "name", text(e, "native"));
  napi_set_named_property(e, exports, "operators", operators);
  return exports;
}
