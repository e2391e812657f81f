#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/listener.h"
#include "base/pdu_protocol.h"
#include "base/tls_context.h"
#include "tests/unit/client_fake_answers.h"
#include "tests/unit/client_fake_store.h"

namespace talkbeat {

/// A login_server and msg_server of a few lines, in the test's own loop: one user (id 1), any peers. Remembers messages
/// as the real one does, kicks the older session, and can be told to misbehave.
class FakeServer final : private PduProtocol {
 public:
  using Stored = FakeMessage;
  static constexpr uint32_t kUser = 1;

  /// `other`: a server of the same cluster, which lives as long.
  explicit FakeServer(EventLoop& loop, FakeServer* other = nullptr)
      : cluster_(other == nullptr ? own_cluster_ : other->cluster_),
        stored(cluster_.stored),
        read(cluster_.read),
        groups(cluster_.groups),
        connections_(loop, [](const Connection&, CloseReason) {}),
        listener_(loop, {}, [this](SocketHandle socket, const Address& peer) {
          connections_.adopt(socket, peer, *this, tls ? tls->accept() : nullptr)
              .set_attachment(std::make_unique<PduPeer>());
        }) {
    started_ = listener_.start({"127.0.0.1", 0}).ok();
  }

  Address address() const { return listener_.address(); }
  bool started() const { return started_; }
  void stop_listening() { listener_.stop(); }

  /// A message from the peer: stored, and sent to the client where it is online and `live`.
  void deliver(uint32_t peer, const std::string& body, bool live = true, uint32_t from = 0) {
    stored[peer].push_back({from == 0 ? peer : from, body, 0});
    if (live && cluster_.home != nullptr) cluster_.home->send_live(peer, static_cast<uint32_t>(stored[peer].size()));
  }
  /// A member's message, to the client where it is online and `live`.
  void deliver_to_group(uint32_t group, uint32_t from, const std::string& body, bool live = true) {
    auto& messages = groups[group].messages;
    messages.push_back({from, body, 0});
    if (!live || cluster_.home == nullptr) return;
    IM::Message::IMMsgData data;
    data.set_from_user_id(from);
    data.set_to_session_id(group);
    data.set_msg_id(static_cast<uint32_t>(messages.size()));
    data.set_create_time(1000);
    data.set_msg_type(IM::BaseDefine::MSG_TYPE_GROUP_TEXT);
    data.set_msg_data(body);
    cluster_.home->send(data);
  }
  void send_live(uint32_t peer, uint32_t msg_id) {
    const Stored& message = stored[peer][msg_id - 1];
    IM::Message::IMMsgData data;
    data.set_from_user_id(message.from);
    data.set_to_session_id(message.from == kUser ? peer : kUser);
    data.set_msg_id(msg_id);
    data.set_create_time(1000 + msg_id);
    data.set_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
    data.set_msg_data(message.body);
    send(data);
  }
  /// To the client that has logged in last.
  template <class Message>
  void send(const Message& message, uint16_t seq_num = 0) {
    if (Connection* client = connections_.find(online_)) send_pdu(*client, message, seq_num);
  }
  size_t connections() const { return connections_.size(); }
  void drop_all() { connections_.close_all(CloseReason::kServerStopping); }
  void drop_client() {
    if (Connection* client = connections_.find(online_)) client->close(CloseReason::kServerStopping);
  }
  /// As a new login elsewhere does it.
  void kick(IM::BaseDefine::KickReasonType reason = IM::BaseDefine::KICK_REASON_DUPLICATE_USER) {
    Connection* client = connections_.find(online_);
    if (client == nullptr) return;
    IM::Login::IMKickUser message;
    message.set_user_id(kUser);
    message.set_kick_reason(reason);
    send_pdu(*client, message);
    client->close(CloseReason::kDuplicateLogin);
  }
  /// Asks the client to leave.
  void ask_to_leave(GoAwayReason reason, const Address& place = {}, uint32_t after_ms = 1) {
    TbGoAway notice;
    notice.set_reason(reason);
    notice.set_reconnect_after_ms(after_ms);
    if (!place.ip.empty()) notice.set_ip(place.ip);
    if (!place.ip.empty()) notice.set_port(place.port);
    send(notice);
  }
  bool has_client() const { return connections_.find(online_) != nullptr; }

 private:
  FakeCluster own_cluster_;
  FakeCluster& cluster_;

 public:
  std::map<uint32_t, std::vector<Stored>>& stored;
  std::map<uint32_t, uint32_t>& read;
  std::map<uint32_t, FakeGroup>& groups;
  std::string password;                  // empty: any is right
  std::string token;                     // given at each login; empty: none
  std::vector<std::string> good_tokens;  // taken instead of a password
  std::vector<IM::Login::IMLoginReq> login_requests;
  Address direct_to;              // as login_server; empty: itself
  std::optional<TlsContext> tls;  // set: for those who connect from now on
  int logins = 0;
  int heartbeats = 0;
  int time_requests = 0;
  int delivery_acks = 0;
  int pages = 0;
  size_t page_limit = 1'000;  // of an answer by id
  bool mute = false;          // takes everything, and answers nothing
  /// Called first for each PDU; true: that was all.
  std::function<bool(Connection&, const PduHeader&, std::span<const std::byte>)> intercept;

 private:
  const char* role() const override { return "fake"; }
  void on_close(Connection&, CloseReason) override {}
  void on_heartbeat_due(Connection&) override {}
  bool takes_go_away(const Connection&) const override { return false; }

  template <class Message>
  static Message parse(std::span<const std::byte> body) {
    Message message;
    EXPECT_TRUE(message.ParseFromArray(body.data(), static_cast<int>(body.size())));
    return message;
  }

  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) override {
    if (mute || (intercept && intercept(connection, header, body))) return Verdict::handled();
    using namespace IM::BaseDefine;
    switch (header.command_id) {
      case CID_LOGIN_REQ_MSGSERVER:
        return direct(connection, header);
      case CID_LOGIN_REQ_USERLOGIN:
        return log_in(connection, header, parse<IM::Login::IMLoginReq>(body));
      case CID_MSG_DATA:
        return store(connection, header, parse<IM::Message::IMMsgData>(body));
      case CID_MSG_DATA_ACK:
        ++delivery_acks;
        return Verdict::handled();
      case CID_MSG_READ_ACK:
        return mark(parse<IM::Message::IMMsgDataReadAck>(body));
      case CID_MSG_UNREAD_CNT_REQUEST:
        return unread(connection, header);
      case CID_BUDDY_LIST_RECENT_CONTACT_SESSION_REQUEST:
        return recent(connection, header);
      case CID_MSG_LIST_REQUEST:
        return list(connection, header, parse<IM::Message::IMGetMsgListReq>(body));
      case CID_MSG_GET_BY_MSG_ID_REQ:
        return by_id(connection, header, parse<IM::Message::IMGetMsgByIdReq>(body));
      case CID_MSG_TIME_REQUEST:
        return tell_time(connection, header);
      case CID_OTHER_HEARTBEAT:
        ++heartbeats;
        send_pdu(connection, IM::Other::IMHeartBeat(), header.seq_num);
        return Verdict::handled();
      default:
        return Verdict::handled();
    }
  }

  Verdict direct(Connection& connection, const PduHeader& header) {
    const Address place = direct_to.ip.empty() ? address() : direct_to;
    send_pdu(connection, directions_to(place, place.ip), header.seq_num);
    return Verdict::close(CloseReason::kAnswered);
  }

  Verdict log_in(Connection& connection, const PduHeader& header, const IM::Login::IMLoginReq& request) {
    login_requests.push_back(request);
    const bool by_token = request.has_session_token();
    const bool right = by_token ? std::ranges::count(good_tokens, request.session_token()) > 0
                                : password.empty() || request.password() == password;
    if (!right) return refuse(connection, header);
    IM::Login::IMLoginRes answer = accepted_login(kUser);
    if (!token.empty()) answer.set_session_token(token);
    if (cluster_.home != nullptr) cluster_.home->kick();
    cluster_.home = this;
    ++logins;
    online_ = connection.id();
    if (hold_logins) {
      held_login_ = {connection.id(), header.seq_num, answer};
    } else {
      send_pdu(connection, answer, header.seq_num);
    }
    return Verdict::handled();
  }

  Verdict refuse(Connection& connection, const PduHeader& header) {
    IM::Login::IMLoginRes answer;
    answer.set_server_time(1);
    answer.set_result_code(IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED);
    answer.set_result_string("wrong name or password");
    send_pdu(connection, answer, header.seq_num);
    return Verdict::close(CloseReason::kLoginRefused);
  }

  static Verdict not_member() { return Verdict::refused(ERROR_NOT_MEMBER, "not in that group"); }

  Verdict store(Connection& connection, const PduHeader& header, const IM::Message::IMMsgData& data) {
    const bool to_group = data.msg_type() >= IM::BaseDefine::MSG_TYPE_GROUP_TEXT;
    if (to_group && !groups[data.to_session_id()].member) return not_member();
    auto& messages = to_group ? groups[data.to_session_id()].messages : stored[data.to_session_id()];
    uint32_t msg_id = 0;
    for (size_t i = 0; i < messages.size() && msg_id == 0; ++i) {
      if (messages[i].key == data.client_msg_key() && messages[i].from == kUser) msg_id = static_cast<uint32_t>(i + 1);
    }
    if (msg_id == 0) {
      messages.push_back({kUser, data.msg_data(), data.client_msg_key()});
      msg_id = static_cast<uint32_t>(messages.size());
    }
    IM::Message::IMMsgDataAck ack;
    ack.set_user_id(kUser);
    ack.set_session_id(data.to_session_id());
    ack.set_msg_id(msg_id);
    ack.set_session_type(to_group ? IM::BaseDefine::SESSION_TYPE_GROUP : IM::BaseDefine::SESSION_TYPE_SINGLE);
    if (!lose_acks) send_pdu(connection, ack, header.seq_num);
    return Verdict::handled();
  }

  Verdict tell_time(Connection& connection, const PduHeader& header) {
    IM::Message::IMClientTimeRsp answer;
    answer.set_server_time(1);
    ++time_requests;
    send_pdu(connection, answer, header.seq_num);
    return Verdict::handled();
  }

  Verdict mark(const IM::Message::IMMsgDataReadAck& ack) {
    const bool of_group = ack.session_type() == IM::BaseDefine::SESSION_TYPE_GROUP;
    uint32_t& mark = of_group ? groups[ack.session_id()].read : read[ack.session_id()];
    mark = std::max(mark, ack.msg_id());
    return Verdict::handled();
  }

  template <class Info>
  static void fill_latest(Info& info, uint32_t peer, const std::vector<Stored>& messages) {
    info.set_session_id(peer);
    info.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
    info.set_latest_msg_id(static_cast<uint32_t>(messages.size()));
    info.set_latest_msg_data(messages.back().body);
    info.set_latest_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
    info.set_latest_msg_from_user_id(messages.back().from);
  }

  Verdict unread(Connection& connection, const PduHeader& header) {
    IM::Message::IMUnreadMsgCntRsp answer;
    answer.set_user_id(kUser);
    uint32_t total = 0;
    for (const auto& [peer, messages] : stored) {
      uint32_t count = 0;
      for (size_t i = read[peer]; i < messages.size(); ++i) count += messages[i].from != kUser;
      if (count == 0) continue;
      auto& info = *answer.add_unreadinfo_list();
      fill_latest(info, peer, messages);
      info.set_unread_cnt(count);
      total += count;
    }
    for (const auto& [id, group] : groups) {
      uint32_t count = 0;
      for (size_t i = std::max(group.read, group.joined_after); i < group.messages.size(); ++i) {
        count += group.messages[i].from != kUser;
      }
      if (count == 0 || !group.member) continue;
      auto& info = *answer.add_unreadinfo_list();
      fill_latest(info, id, group.messages);
      info.set_session_type(IM::BaseDefine::SESSION_TYPE_GROUP);
      info.set_unread_cnt(count);
      total += count;
    }
    answer.set_total_cnt(total);
    send_pdu(connection, answer, header.seq_num);
    return Verdict::handled();
  }

  Verdict recent(Connection& connection, const PduHeader& header) {
    IM::Buddy::IMRecentContactSessionRsp answer;
    answer.set_user_id(kUser);
    for (const auto& [peer, messages] : stored) {
      if (messages.empty() || hides_recent) continue;
      auto& info = *answer.add_contact_session_list();
      fill_latest(info, peer, messages);
      info.set_session_status(IM::BaseDefine::SESSION_STATUS_OK);
      info.set_updated_time(1);
    }
    for (const auto& [id, group] : groups) {
      if (!group.member || group.messages.size() <= group.joined_after) continue;
      auto& info = *answer.add_contact_session_list();
      fill_latest(info, id, group.messages);
      info.set_session_type(IM::BaseDefine::SESSION_TYPE_GROUP);
      info.set_session_status(IM::BaseDefine::SESSION_STATUS_OK);
      info.set_updated_time(1);
    }
    send_pdu(connection, answer, header.seq_num);
    return Verdict::handled();
  }

  static void fill(IM::BaseDefine::MsgInfo& info, uint32_t msg_id, const Stored& message) {
    info.set_msg_id(msg_id);
    info.set_from_session_id(message.from);
    info.set_create_time(1000 + msg_id);
    info.set_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
    info.set_msg_data(message.body);
  }

  Verdict list(Connection& connection, const PduHeader& header, const IM::Message::IMGetMsgListReq& request) {
    IM::Message::IMGetMsgListRsp answer;
    answer.set_user_id(kUser);
    answer.set_session_type(request.session_type());
    answer.set_session_id(request.session_id());
    answer.set_msg_id_begin(request.msg_id_begin());
    const bool of_group = request.session_type() == IM::BaseDefine::SESSION_TYPE_GROUP;
    if (of_group && !groups[request.session_id()].member) return not_member();
    const auto& messages = of_group ? groups[request.session_id()].messages : stored[request.session_id()];
    const uint32_t before = of_group ? groups[request.session_id()].joined_after : 0;
    auto msg_id = static_cast<uint32_t>(messages.size());
    if (request.msg_id_begin() != 0) msg_id = std::min(msg_id, request.msg_id_begin());
    for (uint32_t left = request.msg_cnt(); left > 0 && msg_id > before; --left, --msg_id) {
      fill(*answer.add_msg_list(), msg_id, messages[msg_id - 1]);
    }
    send_pdu(connection, answer, header.seq_num);
    return Verdict::handled();
  }

  Verdict by_id(Connection& connection, const PduHeader& header, const IM::Message::IMGetMsgByIdReq& request) {
    IM::Message::IMGetMsgByIdRsp answer;
    ++pages;
    answer.set_user_id(kUser);
    answer.set_session_type(request.session_type());
    answer.set_session_id(request.session_id());
    const bool of_group = request.session_type() == IM::BaseDefine::SESSION_TYPE_GROUP;
    if (of_group && !groups[request.session_id()].member) return not_member();
    const auto& messages = of_group ? groups[request.session_id()].messages : stored[request.session_id()];
    const uint32_t before = of_group ? groups[request.session_id()].joined_after : 0;
    for (const uint32_t msg_id : request.msg_id_list()) {
      if (msg_id <= before || msg_id > messages.size()) continue;
      if (static_cast<size_t>(answer.msg_list_size()) == page_limit) break;
      fill(*answer.add_msg_list(), msg_id, messages[msg_id - 1]);
    }
    send_pdu(connection, answer, header.seq_num);
    return Verdict::handled();
  }

 public:
  bool hides_recent = false;  // no conversation is in the list of recent ones
  bool lose_acks = false;     // messages are stored, and nobody is told
  bool hold_logins = false;   // a login is accepted, but its answer waits
  void answer_login() {
    if (Connection* client = connections_.find(held_login_.client)) {
      send_pdu(*client, held_login_.answer, held_login_.seq_num);
    }
  }

 private:
  struct HeldLogin {
    ConnId client = ConnId::kNone;
    uint16_t seq_num = 0;
    IM::Login::IMLoginRes answer;
  };

  HeldLogin held_login_;
  ConnectionTable connections_;
  Listener listener_;
  ConnId online_ = ConnId::kNone;
  bool started_ = false;
};

}  // namespace talkbeat
