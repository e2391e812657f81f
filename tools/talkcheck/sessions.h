#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "tools/talkcheck/peer.h"
#include "tools/talkcheck/timings.h"

namespace talkbeat::check {

struct Account {
  std::string name;
  std::string password;
};

class SessionPool;

/// A peer that is logged in. Its place is free again when it is destroyed.
class Session {
 public:
  Session(SessionPool& pool, size_t account, Device device, bool alone);
  Session(Session&& other) noexcept;
  Session& operator=(Session&&) = delete;
  ~Session();

  Peer& operator*() { return *peer_; }
  Peer* operator->() { return peer_.get(); }
  Device device() const { return device_; }
  size_t account() const { return account_; }
  uint32_t user_id() const { return user_id_; }

 private:
  friend class SessionPool;

  SessionPool* pool_;
  size_t account_;
  Device device_;
  bool alone_;
  std::unique_ptr<Peer> peer_;
  uint32_t user_id_ = 0;
};

/// The accounts are few, and each has one session per class of device: checks that run at the same time share them
/// here, and wait where none is free. Logs in one session after the other, so that passwords that are slow to check
/// cost nobody the handshake's deadline. Outlives its sessions; the loop's thread only.
///
///   SessionPool pool(scheduler, address, {{"alice", "secret"}});
///   Session client = co_await pool.open(Device::kPc);
class SessionPool {
 public:
  SessionPool(Scheduler& scheduler, Address server, std::vector<Account> accounts);

  Task<Session> open() { return open_one({}); }
  Task<Session> open(Device device) { return open_one({device, false}); }
  /// No other session of its user meanwhile: nothing is sent to this one unasked.
  Task<Session> open_alone(Device device) { return open_one({device, true}); }
  /// So many at once, or of that many users where `of_different_users`.
  Task<std::vector<Session>> open_some(size_t count, bool of_different_users = false);
  /// Another login on a peer of one's own, with the session's account and device.
  Task<IM::Login::IMLoginRes> log_in(Peer& peer, size_t account, Device device);

  size_t capacity() const { return 2 * busy_.size(); }
  size_t users() const { return busy_.size(); }
  const Address& server() const { return server_; }

 private:
  friend class Session;

  struct Want {
    std::optional<Device> device;
    bool alone = false;
  };
  struct Places {
    bool pc = false;
    bool mobile = false;
    bool& of(Device device) { return device == Device::kPc ? pc : mobile; }
  };
  struct Order {
    Want want;
    size_t count;
    bool of_different_users;
  };
  struct Waiting {
    const Order* order;
    std::vector<Session>* into;
    std::coroutine_handle<> handle;
  };
  struct Grant {
    SessionPool& pool;
    const Order& order;
    std::vector<Session> sessions;
    bool await_ready();
    void await_suspend(std::coroutine_handle<> waiting);
    std::vector<Session> await_resume() { return std::move(sessions); }
  };

  Task<Session> open_one(Want want);
  Task<std::vector<Session>> open_order(Order order);
  bool grant(const Order& order, std::vector<Session>& into);
  std::optional<Session> take(const Want& want, size_t account);
  void free(const Session& session);
  Task<> log_in(Session& session);

  Scheduler& scheduler_;
  Address server_;
  std::vector<Account> accounts_;
  std::vector<Places> busy_;
  std::list<Waiting> waiting_;
  bool logging_in_ = false;
};

}  // namespace talkbeat::check
