#include "msg_server/admin/fields.h"

#include <gtest/gtest.h>

namespace talkbeat::admin {
namespace {

std::string why_not(const Fields& fields) {
  const auto refusal = fields.refusal();
  return refusal ? Json::parse(refusal->body).value("error", "") : "";
}

TEST(AdminFields, gives_what_stands_there) {
  Fields fields = Fields::of_body(R"({"name":"alice","age":7,"to":{"user":"bob"},"list":[1,"carol"],"data":"AAH/"})");
  EXPECT_EQ(fields.required_plain("name", 64), "alice");
  EXPECT_EQ(fields.number("age", 100), 7u);
  EXPECT_EQ(fields.number("weight", 100), std::nullopt);
  EXPECT_EQ(fields.users("list", 2), (std::vector<UserRef>{{1, ""}, {0, "carol"}}));
  EXPECT_EQ(fields.base64("data", 3), std::string("\0\1\xff", 3));
  Fields to = fields.object("to");
  EXPECT_EQ(to.required_user("user"), (UserRef{0, "bob"}));
  EXPECT_EQ(why_not(to), "");
  EXPECT_EQ(why_not(fields), "");
}

TEST(AdminFields, an_empty_body_has_no_fields) {
  Fields fields = Fields::of_body("");
  EXPECT_EQ(fields.text("name", 64), std::nullopt);
  EXPECT_EQ(why_not(fields), "");
  fields.required_text("name", 64);
  EXPECT_EQ(why_not(fields), "name: is missing");
}

TEST(AdminFields, a_field_that_nobody_asks_for_is_named) {
  Fields fields = Fields::of_body(R"({"name":"alice","pasword":"secret"})");
  fields.required_text("name", 64);
  EXPECT_EQ(why_not(fields), "pasword: no such field");
  EXPECT_EQ(Json::parse(fields.refusal()->body)["field"], "pasword");
  EXPECT_EQ(fields.refusal()->status, 400);

  Fields outer = Fields::of_body(R"({"to":{"usr":1}})");
  Fields to = outer.object("to");
  to.user("user");
  EXPECT_EQ(why_not(to), "to.usr: no such field");
}

TEST(AdminFields, a_value_that_does_not_fit_is_refused_with_its_field) {
  const auto refused = [](const std::string& body, auto read) {
    Fields fields = Fields::of_body(body);
    read(fields);
    return why_not(fields);
  };
  EXPECT_EQ(refused(R"({"a":5})", [](Fields& f) { f.text("a", 9); }), "a: must be a string");
  EXPECT_EQ(refused(R"({"a":"1234"})", [](Fields& f) { f.text("a", 3); }), "a: at most 3 bytes are allowed");
  EXPECT_EQ(refused(R"({"a":""})", [](Fields& f) { f.required_text("a", 3); }), "a: must not be empty");
  EXPECT_EQ(refused(R"({"a":"x\u001b[2J"})", [](Fields& f) { f.plain("a", 9); }),
            "a: must not have control characters");
  for (const char* value : {"-1", "1.5", "\"7\"", "8", "null", "4294967297", "18446744073709551617"}) {
    EXPECT_EQ(refused(std::string(R"({"a":)") + value + "}", [](Fields& f) { f.number("a", 7); }),
              "a: must be a number from 0 to 7")
        << value;
  }
  EXPECT_EQ(refused(R"({"a":"%%"})", [](Fields& f) { f.base64("a", 9); }), "a: must be base64");
  EXPECT_EQ(refused(R"({"a":"AAAAAAAA"})", [](Fields& f) { f.base64("a", 5); }), "a: at most 5 bytes are allowed");
  EXPECT_EQ(refused(R"({"a":[1,2,3]})", [](Fields& f) { f.users("a", 2); }), "a: at most 2 users are allowed");
  EXPECT_EQ(refused(R"({"a":1})", [](Fields& f) { f.users("a", 2); }), "a: must be an array of users");
  EXPECT_EQ(refused(R"({"a":1})", [](Fields& f) { f.object("a"); }), "a: must be an object");
  for (const char* value : {"0", "-3", "\"\"", "[]", "{}", "true", "4294967296"}) {
    EXPECT_NE(refused(std::string(R"({"a":)") + value + "}", [](Fields& f) { f.user("a"); }), "") << value;
  }
}

TEST(AdminFields, what_is_no_json_object_is_refused) {
  for (const char* body : {"{", "nonsense", "[1]", "7", "{\"a\":\"\xff\"}", "{}{}", "{\"a\":1,}"}) {
    EXPECT_EQ(Fields::of_body(body).refusal()->status, 400) << body;
  }
}

TEST(AdminFields, json_that_is_nested_deeply_is_refused_before_it_is_built) {
  const std::string deep(500'000, '[');
  EXPECT_EQ(why_not(Fields::of_body("{\"a\":" + deep)), "the JSON is nested deeper than 8 levels");
  EXPECT_EQ(why_not(Fields::of_body(deep)), "the JSON is nested deeper than 8 levels");
  Fields fields = Fields::of_body(R"({"a":{"b":{"c":{}}}})");
  EXPECT_TRUE(fields.has("a"));
  EXPECT_EQ(why_not(fields), "");
}

// Strangers' JSON is read before their key: it may cost no more than its length.
TEST(AdminFields, json_of_many_fields_is_refused_before_it_is_built) {
  const auto with_fields = [](size_t count) {
    std::string body = "{\"last\":1";
    for (size_t i = 1; i + 1 < count; ++i) body += ",\"f" + std::to_string(i) + "\":0";
    return body + "}";
  };
  Fields most = Fields::of_body(with_fields(kMaxJsonFields));  // the object counts, too
  EXPECT_EQ(most.number("last", 1), 1u);
  const std::string refused = "the JSON has more than 64 fields, objects and arrays";
  EXPECT_EQ(why_not(Fields::of_body(with_fields(kMaxJsonFields + 1))), refused);
  EXPECT_EQ(why_not(Fields::of_body(with_fields(100'000))), refused);
  std::string objects = "{\"a\":[";
  for (int i = 0; i < 300'000; ++i) objects += "{},";
  EXPECT_EQ(why_not(Fields::of_body(objects)), refused);
  EXPECT_EQ(Fields::of_body(objects).refusal()->status, 400);
}

TEST(AdminFields, a_list_of_users_may_be_long) {
  std::string body = "{\"list\":[1";
  for (int i = 2; i <= 20'000; ++i) body += "," + std::to_string(i);
  Fields fields = Fields::of_body(body + "]}");
  EXPECT_EQ(fields.users("list", 20'000).size(), 20'000u);
  EXPECT_EQ(why_not(fields), "");
}

TEST(AdminFields, a_query_has_numbers_as_digits) {
  HttpRequest request;
  request.query = {{"after", "17"}, {"name", "alice"}, {"limt", "5"}};
  Fields fields = Fields::of_query(request);
  EXPECT_EQ(fields.number("after", 100), 17u);
  EXPECT_EQ(fields.user("name"), (UserRef{0, "alice"}));
  EXPECT_EQ(why_not(fields), "limt: no such parameter");
  request.query = {{"after", "x"}};
  fields = Fields::of_query(request);
  fields.number("after", 100);
  EXPECT_EQ(why_not(fields), "after: must be a number from 0 to 100");
}

TEST(AdminFields, a_user_in_a_path_is_an_id_or_a_name) {
  EXPECT_EQ(user_in_path("17"), (UserRef{17, ""}));
  EXPECT_EQ(user_in_path("alice"), (UserRef{0, "alice"}));
  EXPECT_EQ(user_in_path("17a"), (UserRef{0, "17a"}));
  EXPECT_EQ(user_in_path("0"), (UserRef{0, "0"}));
  EXPECT_EQ(user_in_path("99999999999"), (UserRef{0, "99999999999"}));
}

}  // namespace
}  // namespace talkbeat::admin
