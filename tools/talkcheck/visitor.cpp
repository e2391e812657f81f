#include "tools/talkcheck/visitor.h"

#include <algorithm>
#include <ctime>

namespace talkbeat::check {

using namespace IM::BaseDefine;

namespace {

constexpr Tick kFirstPduMs = 60'000;
constexpr Tick kForeverMs = Tick{1} << 40;

uint32_t wall_time() {
  return static_cast<uint32_t>(std::time(nullptr));
}

template <class M>
M parsed(const Arrival& arrival) {
  M message;
  if (!message.ParseFromString(arrival.body)) throw Failed(message.GetTypeName() + " does not parse");
  return message;
}

void fill(UserInfo& user, uint32_t id, const std::string& name) {
  user.set_user_id(id);
  user.set_user_gender(0);
  user.set_user_nick_name(name);
  user.set_avatar_url("");
  user.set_department_id(0);
  user.set_email("");
  user.set_user_real_name(name);
  user.set_user_tel("");
  user.set_user_domain(name);
  user.set_status(0);
}

}  // namespace

Visitor::Visitor(Scheduler& scheduler, Door& door, SocketHandle socket, Place place)
    : door_(door), place_(place), peer_(scheduler), serving_(serve()) {
  peer_.adopt(socket);
  serving_.start();
}

size_t Visitor::count(uint16_t command, size_t since) const {
  return static_cast<size_t>(
      std::ranges::count(notes_.begin() + static_cast<std::ptrdiff_t>(since), notes_.end(), command, &Note::command));
}

std::vector<Tick> Visitor::silences_before_beats(size_t since) const {
  std::vector<Tick> silences;
  for (size_t i = std::max<size_t>(1, since); i < notes_.size(); ++i) {
    if (notes_[i].command == kCommandOf<IM::Other::IMHeartBeat>) silences.push_back(notes_[i].at - notes_[i - 1].at);
  }
  return silences;
}

void Visitor::tell(GoAwayReason reason, const Address* where) {
  TbGoAway notice;
  notice.set_reason(reason);
  notice.set_reconnect_after_ms(0);
  if (where != nullptr) {
    notice.set_ip(where->ip.empty() ? peer_.local().ip : where->ip);
    notice.set_port(where->port);
  }
  peer_.send(notice);
}

void Visitor::deliver() {
  IM::Message::IMMsgData message;
  message.set_from_user_id(Door::kOtherUser);
  message.set_to_session_id(Door::kUser);
  message.set_msg_id(++door_.last_msg_id);
  message.set_create_time(wall_time());
  message.set_msg_type(MSG_TYPE_SINGLE_TEXT);
  message.set_msg_data("message " + std::to_string(door_.last_msg_id) + " of talkcheck");
  peer_.send(message);
}

Task<> Visitor::serve() {
  const std::optional<Arrival> first = co_await peer_.next(kFirstPduMs);
  if (!first || !welcome(*first)) {
    peer_.close();
    co_return;
  }
  while (true) {
    const std::optional<Arrival> arrival = co_await peer_.next(kForeverMs);
    if (!arrival) co_return;
    notes_.push_back({arrival->header.command_id, arrival->at});
    if (!frozen_) answer(*arrival);
  }
}

// False: nothing more is wanted of it.
bool Visitor::welcome(const Arrival& first) {
  if (first.header.command_id == kCommandOf<IM::Login::IMMsgServReq>) {
    asked_ = true;
    answer_asker(first.header.seq_num);
    return false;
  }
  if (first.header.command_id != kCommandOf<IM::Login::IMLoginReq>) return false;
  take_login(first);
  return logged_in();
}

void Visitor::answer_asker(uint16_t seq_num) {
  IM::Login::IMMsgServRsp answer;
  if (door_.refuses) {
    door_.refused_at.push_back(peer_.now());
    answer.set_result_code(REFUSE_REASON_NO_MSG_SERVER);
  } else {
    const std::string ip = door_.first.ip.empty() ? peer_.local().ip : door_.first.ip;
    answer.set_result_code(REFUSE_REASON_NONE);
    answer.set_prior_ip(ip);
    answer.set_backip_ip(ip);
    answer.set_port(door_.first.port);
  }
  peer_.send(answer, seq_num);
}

void Visitor::take_login(const Arrival& first) {
  login_ = parsed<IM::Login::IMLoginReq>(first);
  IM::Login::IMLoginRes answer;
  answer.set_server_time(wall_time());
  if (door_.refuses) {
    door_.refused_at.push_back(peer_.now());
    answer.set_result_code(REFUSE_REASON_NO_DB_SERVER);
    peer_.send(answer, first.header.seq_num);
    return;
  }
  logged_in_at_ = peer_.now();
  notes_.push_back({first.header.command_id, first.at});
  door_.token = "talkcheck token " + std::to_string(logged_in_at_);
  answer.set_result_code(REFUSE_REASON_NONE);
  answer.set_online_status(USER_STATUS_ONLINE);
  fill(*answer.mutable_user_info(), Door::kUser, login_.user_name());
  answer.set_session_token(door_.token);
  answer.set_token_expires(wall_time() + 86'400);
  peer_.send(answer, first.header.seq_num);
}

void Visitor::take_message(const Arrival& arrival) {
  messages_.push_back(parsed<IM::Message::IMMsgData>(arrival));
  if (!acknowledges_) return;
  IM::Message::IMMsgDataAck ack;
  ack.set_user_id(Door::kUser);
  ack.set_session_id(messages_.back().to_session_id());
  ack.set_msg_id(++door_.last_msg_id);
  ack.set_session_type(SESSION_TYPE_SINGLE);
  peer_.send(ack, arrival.header.seq_num);
}

// What clients ask after a login, and in order to write to somebody; all else is not supported, as PROTOCOL.md allows.
void Visitor::answer(const Arrival& arrival) {
  const uint16_t command = arrival.header.command_id;
  const auto send = [this, &arrival](auto answer) { peer_.send(answer, arrival.header.seq_num); };
  if (command == kCommandOf<IM::Other::IMHeartBeat>) {
    send(IM::Other::IMHeartBeat());
  } else if (command == kCommandOf<IM::Message::IMMsgData>) {
    take_message(arrival);
  } else if (command == kCommandOf<IM::Message::IMUnreadMsgCntReq>) {
    IM::Message::IMUnreadMsgCntRsp answer;
    answer.set_user_id(Door::kUser);
    answer.set_total_cnt(0);
    send(answer);
  } else if (command == kCommandOf<IM::Buddy::IMRecentContactSessionReq>) {
    IM::Buddy::IMRecentContactSessionRsp answer;
    answer.set_user_id(Door::kUser);
    send(answer);
  } else if (command == kCommandOf<IM::Buddy::IMAllUserReq>) {
    IM::Buddy::IMAllUserRsp answer;
    answer.set_user_id(Door::kUser);
    answer.set_latest_update_time(wall_time());
    fill(*answer.add_user_list(), Door::kUser, login_.user_name());
    fill(*answer.add_user_list(), Door::kOtherUser, Door::kOtherName);
    send(answer);
  } else if (command == kCommandOf<IM::Buddy::IMUsersInfoReq>) {
    IM::Buddy::IMUsersInfoRsp answer;
    answer.set_user_id(Door::kUser);
    fill(*answer.add_user_info_list(), Door::kOtherUser, Door::kOtherName);
    send(answer);
  } else if (command == kCommandOf<IM::Message::IMClientTimeReq>) {
    IM::Message::IMClientTimeRsp answer;
    answer.set_server_time(wall_time());
    send(answer);
  } else if (command == kCommandOf<IM::Login::IMLogoutReq>) {
    IM::Login::IMLogoutRsp answer;
    answer.set_result_code(0);
    send(answer);
    peer_.close("logged out");
  } else if (command != kCommandOf<IM::Message::IMMsgDataAck> && command != kCommandOf<IM::Message::IMMsgDataReadAck>) {
    TbError error;
    error.set_service_id(arrival.header.service_id);
    error.set_command_id(command);
    error.set_seq_num(arrival.header.seq_num);
    error.set_code(ERROR_NOT_SUPPORTED);
    error.set_text("talkcheck does not offer that");
    send(error);
  }
}

}  // namespace talkbeat::check
