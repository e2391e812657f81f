// For the targets in which servers speak to each other, and clients to login_server.

#include <array>

#include "login_server/server_routes.h"
#include "msg_server/bus/login_link_handlers.h"
#include "tests/fuzz/message_mutator.h"
#include "tests/fuzz/seed_writer.h"

namespace talkbeat::fuzz {

namespace {

constexpr uint8_t kLink = 3;

// Three msg_servers, registered.
ScriptWriter registered() {
  return ScriptWriter().special(0, 0).special(1, 1).special(2, 2);
}

IM::Server::IMOnlineUserInfo users(uint32_t first, uint32_t count) {
  IM::Server::IMOnlineUserInfo users;
  for (uint32_t user = first; user < first + count; ++user) {
    auto& stat = *users.add_user_stat_list();
    stat.set_user_id(user);
    stat.set_status(IM::BaseDefine::USER_STATUS_ONLINE);
    stat.set_client_type(IM::BaseDefine::CLIENT_TYPE_WINDOWS);
    stat.set_login_stamp(user);
  }
  return users;
}

TbRelay relay_to(std::initializer_list<uint32_t> receivers) {
  IM::Message::IMMsgData data;
  data.set_from_user_id(2);
  data.set_to_session_id(1);
  data.set_msg_id(9);
  data.set_create_time(1);
  data.set_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
  data.set_msg_data("hello");
  TbRelay relay;
  for (const uint32_t user : receivers) relay.add_user_ids(user);
  const SharedBytes pdu = encode_pdu(data);
  relay.set_pdu(std::string(reinterpret_cast<const char*>(pdu.bytes().data()), pdu.size()));
  relay.set_message_sequence(100);
  return relay;
}

void write_cluster_port(SeedWriter& seeds) {
  Random random(3);
  for (const auto& row : login::kLinkRoutes) {
    ScriptWriter script = registered();
    for (int i = 0; i < 3; ++i) script.pdu(0, row.command, filled_body(row.command, random));
    seeds.write("cluster_port", script.bytes());
  }
  TbRelay to_all;
  to_all.set_pdu("x");
  to_all.set_group_id(1);
  seeds.write("cluster_port", registered()
                                  .pdu(0, users(1, 8))
                                  .pdu(1, users(5, 8))
                                  .pdu(0, relay_to({1, 5, 9}))
                                  .pdu(2, relay_to({1}))
                                  .pdu(2, to_all)
                                  .time(10)
                                  .socket(0, SocketEvent::kReset)
                                  .time(15)
                                  .bytes());
  seeds.write("cluster_port", ScriptWriter().special(0, 0).pdu(0, users(1, 4)).special(1, 64).time(17).bytes());
}

void write_handshakes(SeedWriter& seeds) {
  Random random(4);
  for (const std::string& side : {std::string(1, '\0'), std::string(1, '\1')}) {
    // The last byte, which says which side it is, is a step that is cut off, and means nothing.
    seeds.write("cluster_handshake",
                ScriptWriter().special(0, 0).special(1, 1).special(1, 130).special(2, 200).bytes() + side);
    for (const uint16_t command : {kCommandOf<TbServerAuth>, kCommandOf<TbServerAuthResult>, kCommandOf<TbChallenge>}) {
      ScriptWriter script;
      for (uint8_t peer = 0; peer < 3; ++peer) script.pdu(peer, command, filled_body(command, random));
      seeds.write("cluster_handshake", script.time(15).bytes() + side);
    }
  }
  TbChallenge challenge;
  challenge.set_nonce(std::string(ClusterAuth::kNonceSize, 'n'));
  TbServerAuthResult result;
  result.set_accepted(true);
  result.set_mac(std::string(ClusterAuth::kMacSize, 'm'));
  seeds.write("cluster_handshake", ScriptWriter().pdu(0, challenge).pdu(0, result).bytes() + '\1');
  seeds.write("cluster_handshake", ScriptWriter().pdu(0, challenge).special(0, 0).bytes() + '\1');
  seeds.write("cluster_handshake", ScriptWriter().pdu(0, challenge).special(0, 200).bytes() + '\1');
}

// Special steps on the link: challenge, then proof.
void write_link(SeedWriter& seeds) {
  Random random(5);
  const auto ready = [] {
    return ScriptWriter().special(kLink, 0).special(kLink, 0).special(0, 0).special(1, 1).special(2, 2);
  };
  for (const auto& row : kLoginLinkRoutes) {
    ScriptWriter script = ready();
    for (int i = 0; i < 3; ++i) script.pdu(kLink, row.command, filled_body(row.command, random));
    seeds.write("login_link", script.bytes());
  }
  IM::Server::IMServerKickUser kick;
  kick.set_user_id(1);
  kick.set_client_type(IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  kick.set_reason(1);
  kick.set_login_stamp(UINT64_MAX);
  TbSweep sweep;
  sweep.set_after_sequence(0);
  seeds.write("login_link", ready().pdu(kLink, relay_to({1, 2})).pdu(kLink, kick).pdu(kLink, sweep).time(12).bytes());
  seeds.write("login_link",
              ready().pdu(kLink, users(1, 20)).socket(kLink, SocketEvent::kReset).time(15).special(kLink, 0).bytes());
}

void write_login_port(SeedWriter& seeds) {
  const IM::Login::IMMsgServReq request;
  seeds.write("login_client_port",
              ScriptWriter().pdu(0, request).pdu(1, IM::Other::IMHeartBeat()).pdu(1, request).bytes());
  seeds.write(
      "login_client_port",
      ScriptWriter().socket(0, SocketEvent::kSingleBytes).pdu(0, request).raw(1, "GET / HTTP/1.1\r\n\r\n").bytes());
  seeds.write("login_client_port", ScriptWriter().raw(0, std::string("\0\0\0\x11", 4)).time(16).bytes());
}

}  // namespace

void write_server_seeds(SeedWriter& seeds) {
  write_cluster_port(seeds);
  write_handshakes(seeds);
  write_link(seeds);
  write_login_port(seeds);
}

}  // namespace talkbeat::fuzz
