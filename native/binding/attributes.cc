#include "attributes.h"

#include <memory>
#include <string>
#include <vector>

#include "values.h"

namespace ablate {
namespace {

bool IsArray(napi_env env, napi_value value) {
  bool is_array = false;
  napi_is_array(env, value, &is_array);
  return is_array;
}

int64_t ReadInt(napi_env env, napi_value value) {
  int64_t number = 0;
  napi_get_value_int64(env, value, &number);
  return number;
}

float ReadFloat(napi_env env, napi_value value) {
  double number = 0;
  napi_get_value_double(env, value, &number);
  return static_cast<float>(number);
}

unsigned char ReadBool(napi_env env, napi_value value) {
  bool flag = false;
  napi_get_value_bool(env, value, &flag);
  return flag;
}

TF_DataType ReadType(napi_env env, napi_value value) { return static_cast<TF_DataType>(ReadInt(env, value)); }

template <typename Element>
std::vector<Element> ReadList(napi_env env, napi_value value, Element (*read)(napi_env, napi_value)) {
  uint32_t length = 0;
  napi_get_array_length(env, value, &length);
  std::vector<Element> list(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    napi_get_element(env, value, i, &element);
    list[i] = read(env, element);
  }
  return list;
}

napi_value Property(napi_env env, napi_value object, const char *name) {
  napi_value value = nullptr;
  napi_get_named_property(env, object, name, &value);
  return value;
}

bool SetAttribute(napi_env env, napi_value attribute, TF_OperationDescription *description) {
  const std::string name = ReadString(env, Property(env, attribute, "name"));
  const napi_value value = Property(env, attribute, "value");
  const bool list = IsArray(env, value);
  switch (static_cast<TF_AttrType>(ReadInt(env, Property(env, attribute, "type")))) {
    case TF_ATTR_STRING: {
      const std::string text = ReadString(env, value);
      TF_SetAttrString(description, name.c_str(), text.data(), text.size());
      return true;
    }
    case TF_ATTR_INT:
      if (list) {
        const auto values = ReadList(env, value, ReadInt);
        TF_SetAttrIntList(description, name.c_str(), values.data(), values.size());
      } else {
        TF_SetAttrInt(description, name.c_str(), ReadInt(env, value));
      }
      return true;
    case TF_ATTR_FLOAT:
      if (list) {
        const auto values = ReadList(env, value, ReadFloat);
        TF_SetAttrFloatList(description, name.c_str(), values.data(), values.size());
      } else {
        TF_SetAttrFloat(description, name.c_str(), ReadFloat(env, value));
      }
      return true;
    case TF_ATTR_BOOL:
      if (list) {
        const auto values = ReadList(env, value, ReadBool);
        TF_SetAttrBoolList(description, name.c_str(), values.data(), values.size());
      } else {
        TF_SetAttrBool(description, name.c_str(), ReadBool(env, value));
      }
      return true;
    case TF_ATTR_TYPE:
      if (list) {
        const auto values = ReadList(env, value, ReadType);
        TF_SetAttrTypeList(description, name.c_str(), values.data(), values.size());
      } else {
        TF_SetAttrType(description, name.c_str(), ReadType(env, value));
      }
      return true;
    case TF_ATTR_SHAPE: {
      const auto dimensions = ReadList(env, value, ReadInt);
      TF_SetAttrShape(description, name.c_str(), dimensions.data(), dimensions.size());
      return true;
    }
    default:
      napi_throw_error(env, nullptr, ("attribute " + name + " is of a kind that cannot be passed").c_str());
      return false;
  }
}

}  // namespace

bool SetAttributes(napi_env env, napi_value attributes, TF_OperationDescription *description) {
  uint32_t length = 0;
  napi_get_array_length(env, attributes, &length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value attribute;
    napi_get_element(env, attributes, i, &attribute);
    if (!SetAttribute(env, attribute, description)) return false;
  }
  return true;
}

}  // namespace ablate
