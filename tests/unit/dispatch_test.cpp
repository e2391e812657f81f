#include "base/dispatch.h"

#include <gtest/gtest.h>

#include <string>

namespace talkbeat {
namespace {

enum class Phase { kFresh, kOnline };

struct Context {
  std::string calls;
};

Verdict on_auth(Context& context, const PduHeader& header, const TbServerAuth& auth) {
  context.calls += auth.name() + std::to_string(header.seq_num);
  return Verdict::handled();
}
Verdict on_time(Context& context, const PduHeader&, const IM::Message::IMClientTimeReq&) {
  context.calls += "time";
  return Verdict::close(CloseReason::kAnswered);
}
Verdict on_beat(Context& context, const PduHeader&, const IM::Other::IMHeartBeat&) {
  context.calls += "beat";
  return Verdict::handled();
}

constexpr std::array kRoutes{
    route<on_time>(in({Phase::kOnline})),
    route<on_beat>(in({Phase::kFresh, Phase::kOnline})),
    route<on_auth>(in({Phase::kFresh})),
};
static_assert(strictly_increasing(kRoutes), "a command stands twice or out of order");

constexpr std::array kOutOfOrder{kRoutes[1], kRoutes[0]};
constexpr std::array kTwice{kRoutes[0], kRoutes[0]};
static_assert(!strictly_increasing(kOutOfOrder));
static_assert(!strictly_increasing(kTwice));

PduHeader header_of(uint16_t service, uint16_t command) {
  PduHeader header;
  header.service_id = service;
  header.command_id = command;
  header.seq_num = 7;
  return header;
}

Verdict call(const Route<Context>& row, Context& context, std::string_view body) {
  google::protobuf::Arena arena;
  return row.handle(context, header_of(service_of(row.command), row.command), std::as_bytes(std::span(body)), arena);
}

TEST(Dispatch, phases_are_bits) {
  EXPECT_EQ(in({Phase::kFresh}), 1);
  EXPECT_EQ(in({Phase::kOnline}), 2);
  EXPECT_EQ(in({Phase::kFresh, Phase::kOnline}), 3);
}

TEST(Dispatch, the_command_follows_from_the_handlers_message) {
  EXPECT_EQ(kRoutes[0].command, 0x0305);
  EXPECT_EQ(kRoutes[1].command, 0x0701);
  EXPECT_EQ(kRoutes[2].command, 0x0903);
}

TEST(Dispatch, exactly_the_tables_commands_are_found_among_all) {
  int found = 0;
  for (uint32_t command = 0; command <= 0xffff; ++command) {
    const auto id = static_cast<uint16_t>(command);
    const Route<Context>* row = find_route(kRoutes, header_of(service_of(id), id));
    if (row == nullptr) continue;
    EXPECT_EQ(row->command, id);
    ++found;
  }
  EXPECT_EQ(found, 3);
}

TEST(Dispatch, a_service_that_does_not_fit_the_command_is_not_found) {
  for (uint32_t service = 0; service <= 0xffff; ++service) {
    const bool found = find_route(kRoutes, header_of(static_cast<uint16_t>(service), 0x0701)) != nullptr;
    EXPECT_EQ(found, service == 7) << service;
  }
}

TEST(Dispatch, a_handler_gets_the_parsed_message) {
  TbServerAuth auth;
  auth.set_nonce("n");
  auth.set_epoch(1);
  auth.set_name("msg_server_");
  auth.set_mac("m");
  Context context;
  EXPECT_EQ(call(kRoutes[2], context, auth.SerializeAsString()).kind, Verdict::Kind::kHandled);
  EXPECT_EQ(context.calls, "msg_server_7");
}

TEST(Dispatch, an_empty_body_is_a_message_where_nothing_is_required) {
  Context context;
  EXPECT_EQ(call(kRoutes[1], context, "").kind, Verdict::Kind::kHandled);
  const Verdict verdict = call(kRoutes[0], context, "");
  EXPECT_EQ(verdict.kind, Verdict::Kind::kClose);
  EXPECT_EQ(verdict.reason, CloseReason::kAnswered);
  EXPECT_EQ(context.calls, "beattime");
}

TEST(Dispatch, a_body_that_does_not_parse_never_reaches_the_handler) {
  TbServerAuth lacking;
  lacking.set_nonce("n");
  Context context;
  using namespace std::string_literals;
  for (const std::string& body : {""s, lacking.SerializePartialAsString(), "\xff\xff\xff"s, "\x0a\x7f"s, "\x08\x01"s}) {
    const Verdict verdict = call(kRoutes[2], context, body);
    EXPECT_EQ(verdict.kind, Verdict::Kind::kRefused);
    EXPECT_EQ(verdict.code, ERROR_MALFORMED);
  }
  EXPECT_EQ(context.calls, "");
}

TEST(Dispatch, unknown_fields_are_skipped) {
  Context context;
  EXPECT_EQ(call(kRoutes[1], context, "\xa2\x06\x03xyz").kind, Verdict::Kind::kHandled);
}

}  // namespace
}  // namespace talkbeat
