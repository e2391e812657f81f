// For the targets in which clients speak to a msg_server, and servers to a client.

#include "tests/fuzz/client_world.h"
#include "tests/fuzz/message_mutator.h"
#include "tests/fuzz/message_types.h"
#include "tests/fuzz/placeholders.h"
#include "tests/fuzz/seed_writer.h"

namespace talkbeat::fuzz {

using namespace IM::BaseDefine;

namespace {

// What logs in as alice, bob, carol; as alice with a phone; and with the last token (tests/fuzz/client_world.h).
constexpr uint8_t kAlice = 0;
constexpr uint8_t kBob = 1;
constexpr uint8_t kCarol = 2;
constexpr uint8_t kAlicesPhone = 3;
constexpr uint8_t kAliceByToken = 192;

const std::string kTask(kTaskPlaceholder);

ScriptWriter all_online() {
  return ScriptWriter().special(0, kAlice).special(1, kBob).special(2, kCarol);
}

IM::Message::IMMsgData message(uint32_t to, MsgType type, const std::string& text, uint64_t key) {
  IM::Message::IMMsgData data;
  data.set_from_user_id(0);
  data.set_to_session_id(to);
  data.set_msg_id(0);
  data.set_create_time(0);
  data.set_msg_type(type);
  data.set_msg_data(text);
  data.set_client_msg_key(key);
  return data;
}

void write_each_command(SeedWriter& seeds) {
  Random random(1);
  ScriptWriter fresh;
  for (const uint16_t command : client_commands()) {
    ScriptWriter online = all_online();
    for (int i = 0; i < 3; ++i) online.pdu(0, command, filled_body(command, random));
    seeds.write("client_handlers", online.bytes());
    fresh.pdu(3, command, filled_body(command, random));
  }
  seeds.write("client_handlers", fresh.bytes());
}

void write_conversations(SeedWriter& seeds) {
  const auto text = message(2, MSG_TYPE_SINGLE_TEXT, "hello", 1);
  const auto group = message(1, MSG_TYPE_GROUP_TEXT, "hello all", 2);
  seeds.write("client_handlers", all_online().pdu(0, text).pdu(0, text).pdu(1, group).pdu(2, group).bytes());
  seeds.write("client_handlers", ScriptWriter()
                                     .special(0, kAlice)
                                     .special(1, kAlicesPhone)
                                     .special(2, kAlice)
                                     .pdu(2, text)
                                     .socket(2, SocketEvent::kReset)
                                     .special(3, kAliceByToken)
                                     .pdu(3, text)
                                     .bytes());
  seeds.write("client_handlers", all_online()
                                     .workers(1)
                                     .pdu(0, text)
                                     .pdu(1, group)
                                     .socket(0, SocketEvent::kReset)
                                     .socket(1, SocketEvent::kFinish)
                                     .workers(8)
                                     .bytes());
  seeds.write("client_handlers",
              all_online().socket(1, SocketEvent::kStopReading).pdu(0, text).pdu(2, group).time(16).time(145).bytes());
  seeds.write("client_handlers", ScriptWriter()
                                     .socket(0, SocketEvent::kSmallPieces)
                                     .special(0, kAlice)
                                     .raw(0, std::string("\0\0\0\x20\0\1\0\0\7\7\7\1", 12))
                                     .time(15)
                                     .bytes());
  seeds.write("client_handlers", ScriptWriter().raw(0, std::string("\0\0\0\x0f", 4) + std::string(12, 'x')).bytes());
  seeds.write("client_handlers", all_online().time(16).time(17).time(18).bytes());
}

IM::File::IMFileReq offer(TransferFileType mode, uint32_t size) {
  IM::File::IMFileReq request;
  request.set_from_user_id(0);
  request.set_to_user_id(2);
  request.set_file_name("cat.png");
  request.set_file_size(size);
  request.set_trans_mode(mode);
  return request;
}

IM::File::IMFileLoginReq file_login(uint32_t user, ClientFileRole role) {
  IM::File::IMFileLoginReq request;
  request.set_user_id(user);
  request.set_task_id(kTask);
  request.set_file_role(role);
  return request;
}

IM::File::IMFileState file_state(ClientFileState value) {
  IM::File::IMFileState state;
  state.set_state(value);
  state.set_task_id(kTask);
  state.set_user_id(0);
  return state;
}

IM::File::IMFilePullDataReq pull(uint32_t offset, uint32_t size) {
  IM::File::IMFilePullDataReq request;
  request.set_task_id(kTask);
  request.set_user_id(0);
  request.set_trans_mode(FILE_TYPE_ONLINE);
  request.set_offset(offset);
  request.set_data_size(size);
  return request;
}

IM::File::IMFilePullDataRsp data(uint32_t offset, size_t size) {
  IM::File::IMFilePullDataRsp response;
  response.set_result_code(0);
  response.set_task_id(kTask);
  response.set_user_id(0);
  response.set_offset(offset);
  response.set_file_data(std::string(size, 'x'));
  return response;
}

IM::File::IMFileHasOfflineReq list_offline() {
  IM::File::IMFileHasOfflineReq request;
  request.set_user_id(0);
  return request;
}

void write_transfers(SeedWriter& seeds) {
  const auto online = ScriptWriter()
                          .special(0, kAlice)
                          .special(1, kBob)
                          .pdu(0, offer(FILE_TYPE_ONLINE, 100))
                          .pdu(2, file_login(1, CLIENT_REALTIME_SENDER))
                          .pdu(3, file_login(2, CLIENT_REALTIME_RECVER))
                          .pdu(3, pull(0, 100))
                          .pdu(2, data(0, 100))
                          .pdu(3, file_state(CLIENT_FILE_DONE));
  const auto offline = ScriptWriter()
                           .special(0, kAlice)
                           .special(1, kBob)
                           .pdu(0, offer(FILE_TYPE_OFFLINE, 2'000))
                           .pdu(2, file_login(1, CLIENT_OFFLINE_UPLOAD))
                           .pdu(2, data(0, 1'024))
                           .pdu(2, data(1'024, 976))
                           .pdu(1, list_offline())
                           .pdu(3, file_login(2, CLIENT_OFFLINE_DOWNLOAD))
                           .pdu(3, pull(0, 1'024))
                           .pdu(3, pull(1'024, 976))
                           .pdu(3, file_state(CLIENT_FILE_DONE))
                           .time(19);
  const auto cut_off = ScriptWriter()
                           .special(0, kAlice)
                           .pdu(0, offer(FILE_TYPE_OFFLINE, 3'000))
                           .pdu(2, file_login(1, CLIENT_OFFLINE_UPLOAD))
                           .pdu(2, data(0, 1'024))
                           .workers(4)
                           .pdu(2, data(1'024, 1'024))
                           .socket(2, SocketEvent::kReset)
                           .pdu(3, file_login(1, CLIENT_OFFLINE_UPLOAD))
                           .workers(0)
                           .pdu(3, file_login(1, CLIENT_OFFLINE_UPLOAD))
                           .pdu(3, file_state(CLIENT_FILE_CANCEL))
                           .time(19)
                           .time(19);
  for (const ScriptWriter& script : {online, offline, cut_off}) {
    seeds.write("file_transfer", script.bytes());
    seeds.write("client_handlers", script.bytes());
  }
}

// Of the client: special steps 3 log it in, 4 direct it, 0 to 2 let it speak.
void write_to_client(SeedWriter& seeds) {
  Random random(2);
  const auto ready = [] { return ScriptWriter().special(0, 4).special(1, 3).special(1, 0); };
  for (const uint16_t command : all_commands()) {
    seeds.write(
        "client_library",
        ready().pdu(1, command, filled_body(command, random)).pdu(1, command, filled_body(command, random)).bytes());
  }
  const auto live = [](uint32_t msg_id, const std::string& body) {
    auto data = message(1, MSG_TYPE_SINGLE_TEXT, body, msg_id);
    data.set_from_user_id(2);
    data.set_msg_id(msg_id);
    return data;
  };
  IM::Message::IMUnreadMsgCntRsp unread;
  unread.set_user_id(1);
  unread.set_total_cnt(0);
  IM::Buddy::IMRecentContactSessionRsp recent;
  recent.set_user_id(1);
  seeds.write("client_library",
              ready().pdu(1, unread).pdu(1, recent).pdu(1, live(1, "ping")).pdu(1, live(3, "gap")).time(15).bytes());
  TbGoAway leave;
  leave.set_reason(GO_AWAY_DRAIN);
  leave.set_reconnect_after_ms(1);
  leave.set_ip("192.0.2.3");
  leave.set_port(8200);
  seeds.write("client_library", ready().pdu(1, leave).time(12).special(2, 3).time(17).special(0, 0).bytes());
  seeds.write("client_library", ready().socket(1, SocketEvent::kReset).time(15).special(2, 4).special(3, 3).bytes());
}

}  // namespace

void write_client_seeds(SeedWriter& seeds) {
  write_each_command(seeds);
  write_conversations(seeds);
  write_transfers(seeds);
  write_to_client(seeds);
}

}  // namespace talkbeat::fuzz
