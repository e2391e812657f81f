#pragma once

#include <array>
#include <memory>
#include <unordered_map>

#include "msg_server/files/transfer_role.h"
#include "msg_server/files/transfer_stages.h"

namespace talkbeat {

/// Files between two users who are both online: passes the receiver's pulls on to the sender, and the sender's bytes to
/// the receiver. Nothing of them is kept, and a task is known to this server only. What is under way for one transfer
/// is bounded by what may wait to be sent to its receiver: a sender is asked for more only where that has room. Owned
/// by Transfers; the loop's thread only.
class OnlineTransfers final : public TransferRole {
 public:
  explicit OnlineTransfers(TransferContext& context) : context_(context) {}

  /// A new task: `offer` has its id, its parties, its size. False: too many are open.
  bool offer(const OfflineFile& offer);
  /// nullptr: there is none.
  const OfflineFile* find(const std::string& task_id) const;
  /// The party has connected, and is admitted.
  void log_in(Connection& connection, uint16_t seq_num, const std::string& task_id, Party party);
  /// This server's port is closed: whoever waits for somebody waits in vain.
  void nobody_comes();

  Verdict say(ClientContext& client, const PduHeader& header, const IM::File::IMFileState& state) override;
  Verdict pull(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataReq& request) override;
  Verdict data(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataRsp& data) override;
  void drained(Connection& connection) override;
  void left(Connection& connection, const TransferSeat& seat) override;
  void on_tick() override;
  bool idle() const override { return tasks_.empty(); }

 private:
  struct Task {
    Task(const OfflineFile& terms, const OnlineTransfer::Waits& waits, Tick now, const PullLimits& limits,
         TransferPlaces::Place taken)
        : offer(terms), core(waits, now), pulls(terms.size, limits), window(limits.bytes()), place(std::move(taken)) {}

    OfflineFile offer;
    OnlineTransfer core;
    PullQueue pulls;
    size_t window;
    TransferPlaces::Place place;
    std::array<ConnId, 2> conns{};  // by Party
    uint64_t bytes = 0;
    bool settled = false;  // its end has been told and counted
  };

  Task* task_of(const ClientSession& session);
  Connection* connection_of(const Task& task, Party party) const;
  static UserId user_of(const Task& task, Party party);
  void take_seat(Task& task, Party party, ConnId conn);
  void tell_ready(const Task& task);
  void pump(Task& task);
  void send_pull(const Task& task, Connection& sender, const Pull& pull);
  static void send_data(const Task& task, Connection& receiver, const Pull& pull,
                        const IM::File::IMFilePullDataRsp& data);
  void settle(Task& task, std::optional<Party> speaker);
  void tell_end(Task& task, Party party);
  void forget_where_over(const std::string& task_id);

  TransferContext& context_;
  std::unordered_map<std::string, std::unique_ptr<Task>> tasks_;
};

}  // namespace talkbeat
