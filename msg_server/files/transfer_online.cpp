#include "msg_server/files/transfer_online.h"

#include "base/log.h"

namespace talkbeat {

using IM::BaseDefine::ClientFileRole;
using IM::File::IMFilePullDataReq;
using IM::File::IMFilePullDataRsp;
using IM::File::IMFileState;

namespace {

Party party_of(const TransferSeat& seat) {
  return seat.role == ClientFileRole::CLIENT_REALTIME_SENDER ? Party::kSender : Party::kReceiver;
}

ClientFileRole role_of(Party party) {
  return party == Party::kSender ? ClientFileRole::CLIENT_REALTIME_SENDER : ClientFileRole::CLIENT_REALTIME_RECVER;
}

}  // namespace

bool OnlineTransfers::offer(const OfflineFile& offer) {
  auto place = context_.places.take(offer.from, TransferPlaces::Use::kSent, context_.settings());
  if (!place) return false;
  const OnlineTransfer::Waits waits{context_.settings().peer_timeout_ms, context_.settings().resume_timeout_ms};
  tasks_.emplace(offer.task_id,
                 std::make_unique<Task>(offer, waits, context_.now(), context_.pull_limits(), std::move(*place)));
  context_.figures.began(TransferKind::kOnline);
  return true;
}

const OfflineFile* OnlineTransfers::find(const std::string& task_id) const {
  const auto found = tasks_.find(task_id);
  return found == tasks_.end() ? nullptr : &found->second->offer;
}

void OnlineTransfers::log_in(Connection& connection, uint16_t seq_num, const std::string& task_id, Party party) {
  Task& task = *tasks_.at(task_id);
  accept_file_login(context_, connection, seq_num, user_of(task, party), {role_of(party), task_id});
  take_seat(task, party, connection.id());
  task.core.join(party, context_.now());
  if (task.core.stage() == OnlineTransfer::Stage::kOver) {
    tell_end(task, party);
    forget_where_over(task_id);
    return;
  }
  if (task.core.stage() == OnlineTransfer::Stage::kRunning) tell_ready(task);
  pump(task);
}

// The connection that held the place until now is a dead one, most likely, that nobody has noticed yet.
void OnlineTransfers::take_seat(Task& task, Party party, ConnId conn) {
  const ConnId before = std::exchange(task.conns[static_cast<size_t>(party)], conn);
  if (party == Party::kSender) {
    task.pulls.serve_again();
  } else {
    task.pulls.forget_asker();
  }
  if (Connection* replaced = context_.server.connections.find(before)) replaced->close(CloseReason::kReplaced);
}

void OnlineTransfers::tell_ready(const Task& task) {
  for (const Party party : {Party::kSender, Party::kReceiver}) {
    if (Connection* connection = connection_of(task, party)) {
      send_file_state(*connection, task.offer.task_id, user_of(task, other(party)),
                      IM::BaseDefine::CLIENT_FILE_PEER_READY);
    }
  }
}

Verdict OnlineTransfers::say(ClientContext& client, const PduHeader& /*header*/, const IMFileState& state) {
  Task* task = task_of(client.session);
  const Party party = party_of(*client.session.seat);
  if (task == nullptr || !task->core.say(party, state.state(), context_.now())) {
    return Verdict::refused(ERROR_NOT_ALLOWED, "not this side's to say, or not now");
  }
  settle(*task, party);
  forget_where_over(client.session.seat->task_id);
  return Verdict::handled();
}

Verdict OnlineTransfers::pull(ClientContext& client, const PduHeader& header, const IMFilePullDataReq& request) {
  Task* task = task_of(client.session);
  if (task == nullptr || party_of(*client.session.seat) != Party::kReceiver) {
    return refuse_pull(client, header, request, IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_ILLIEAGE_USER);
  }
  const auto asked = task->pulls.ask(request.offset(), request.data_size(), header.seq_num);
  pump(*task);
  return answer_asked(client, header, request, asked);
}

Verdict OnlineTransfers::data(ClientContext& client, const PduHeader& header, const IMFilePullDataRsp& data) {
  Task* task = task_of(client.session);
  if (task == nullptr || party_of(*client.session.seat) != Party::kSender) {
    return refuse_unasked(client.connection, header);
  }
  const bool failed = data.result_code() != 0;
  const auto pull =
      failed ? task->pulls.fail(data.offset()) : task->pulls.answer(data.offset(), data.file_data().size());
  if (!pull) return refuse_unasked(client.connection, header);
  task->core.progress(context_.now());
  if (Connection* receiver = connection_of(*task, Party::kReceiver); receiver != nullptr && pull->wanted) {
    send_data(*task, *receiver, *pull, data);
    task->bytes += failed ? 0 : pull->size;
    context_.figures.moved(TransferKind::kOnline, failed ? 0 : pull->size);
  }
  pump(*task);
  return Verdict::handled();
}

void OnlineTransfers::drained(Connection& connection) {
  if (Task* task = task_of(connection.attachment<ClientSession>())) pump(*task);
}

void OnlineTransfers::left(Connection& connection, const TransferSeat& seat) {
  Task* task = task_of(connection.attachment<ClientSession>());
  const Party party = party_of(seat);
  if (task == nullptr || task->conns[static_cast<size_t>(party)] != connection.id()) return;
  task->conns[static_cast<size_t>(party)] = ConnId::kNone;
  task->core.leave(party, context_.now());
  if (party == Party::kReceiver) task->pulls.forget_asker();
  settle(*task, std::nullopt);  // forgotten at the next tick: this may be inside of a call that uses the task
}

void OnlineTransfers::on_tick() {
  std::vector<std::string> ids;
  for (const auto& [task_id, task] : tasks_) ids.push_back(task_id);
  for (const std::string& task_id : ids) {
    const auto found = tasks_.find(task_id);
    if (found == tasks_.end()) continue;
    found->second->core.look_at_time(context_.now());
    settle(*found->second, std::nullopt);
    pump(*found->second);
    forget_where_over(task_id);
  }
}

void OnlineTransfers::nobody_comes() {
  for (const auto& [task_id, task] : tasks_) task->core.nobody_comes(context_.now());
  on_tick();
}

OnlineTransfers::Task* OnlineTransfers::task_of(const ClientSession& session) {
  const auto found = tasks_.find(session.seat->task_id);
  return found == tasks_.end() ? nullptr : found->second.get();
}

Connection* OnlineTransfers::connection_of(const Task& task, Party party) const {
  return context_.server.connections.find(task.conns[static_cast<size_t>(party)]);
}

UserId OnlineTransfers::user_of(const Task& task, Party party) {
  return party == Party::kSender ? task.offer.from : task.offer.to;
}

// Pulls are paid for when they are passed on: a receiver that asks too often is not refused, but served later.
void OnlineTransfers::pump(Task& task) {
  if (task.core.stage() != OnlineTransfer::Stage::kRunning) return;
  Connection* sender = connection_of(task, Party::kSender);
  Connection* receiver = connection_of(task, Party::kReceiver);
  if (sender == nullptr || receiver == nullptr) return;
  const size_t waiting = receiver->waiting_to_send();
  const size_t room = waiting < task.window ? task.window - waiting : 0;
  TokenBucket& requests = receiver->attachment<ClientSession>().requests;
  while (task.pulls.fits(room) && requests.take(context_.now())) send_pull(task, *sender, task.pulls.serve());
}

void OnlineTransfers::send_pull(const Task& task, Connection& sender, const Pull& pull) {
  IMFilePullDataReq request;
  request.set_task_id(task.offer.task_id);
  request.set_user_id(task.offer.to);
  request.set_trans_mode(IM::BaseDefine::FILE_TYPE_ONLINE);
  request.set_offset(pull.offset);
  request.set_data_size(pull.size);
  send_pdu(sender, request, pull.seq_num);
}

void OnlineTransfers::send_data(const Task& task, Connection& receiver, const Pull& pull,
                                const IMFilePullDataRsp& data) {
  IMFilePullDataRsp response;
  response.set_result_code(data.result_code());
  response.set_task_id(task.offer.task_id);
  response.set_user_id(task.offer.to);
  response.set_offset(pull.offset);
  response.set_file_data(data.result_code() == 0 ? data.file_data() : std::string());
  send_pdu(receiver, response, pull.seq_num);
}

// Where it has ended: tells whoever is there and has not said so, closes both connections, counts and logs it, once.
void OnlineTransfers::settle(Task& task, std::optional<Party> speaker) {
  if (task.core.stage() != OnlineTransfer::Stage::kOver || std::exchange(task.settled, true)) return;
  context_.figures.ended(TransferKind::kOnline, task.core.end());
  log_info("transfer_ended", {{"kind", to_string(TransferKind::kOnline)},
                              {"task", short_task(task.offer.task_id)},
                              {"from", task.offer.from},
                              {"to", task.offer.to},
                              {"end", to_string(task.core.end())},
                              {"bytes", task.bytes}});
  for (const Party party : {Party::kSender, Party::kReceiver}) {
    if (party != speaker) {
      tell_end(task, party);
    } else if (Connection* connection = connection_of(task, party)) {
      task.conns[static_cast<size_t>(party)] = ConnId::kNone;
      connection->close(CloseReason::kAnswered);
    }
  }
}

void OnlineTransfers::tell_end(Task& task, Party party) {
  Connection* connection = connection_of(task, party);
  if (connection == nullptr) return;
  send_file_state(*connection, task.offer.task_id, user_of(task, other(party)), state_of(task.core.end()));
  task.conns[static_cast<size_t>(party)] = ConnId::kNone;  // its close is no news any more
  connection->close(CloseReason::kAnswered);
}

void OnlineTransfers::forget_where_over(const std::string& task_id) {
  const auto found = tasks_.find(task_id);
  if (found != tasks_.end() && found->second->core.forgettable(context_.now())) tasks_.erase(found);
}

}  // namespace talkbeat
