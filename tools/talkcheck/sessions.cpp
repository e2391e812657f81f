#include "tools/talkcheck/sessions.h"

#include "base/wire_password.h"
#include "tools/talkcheck/words.h"

namespace talkbeat::check {

using namespace IM::BaseDefine;

namespace {

constexpr Tick kTurnMs = 5;

struct Flag {
  bool& value;
  explicit Flag(bool& flag) : value(flag) { value = true; }
  ~Flag() { value = false; }
  Flag(const Flag&) = delete;
  Flag& operator=(const Flag&) = delete;
};

}  // namespace

Session::Session(SessionPool& pool, size_t account, Device device, bool alone)
    : pool_(&pool), account_(account), device_(device), alone_(alone), peer_(std::make_unique<Peer>(pool.scheduler_)) {}

Session::Session(Session&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      account_(other.account_),
      device_(other.device_),
      alone_(other.alone_),
      peer_(std::move(other.peer_)),
      user_id_(other.user_id_) {}

Session::~Session() {
  if (pool_ != nullptr) pool_->free(*this);
}

SessionPool::SessionPool(Scheduler& scheduler, Address server, std::vector<Account> accounts)
    : scheduler_(scheduler), server_(std::move(server)), accounts_(std::move(accounts)), busy_(accounts_.size()) {}

std::optional<Session> SessionPool::take(const Want& want, size_t account) {
  Places& places = busy_[account];
  if (want.alone && (places.pc || places.mobile)) return std::nullopt;
  for (const Device device : {Device::kPc, Device::kMobile}) {
    if ((want.device && *want.device != device) || places.of(device)) continue;
    places.of(device) = true;
    if (want.alone) places.pc = places.mobile = true;
    return std::optional<Session>(std::in_place, *this, account, device, want.alone);
  }
  return std::nullopt;
}

// All or nothing: two who each held what the other one waits for would wait for ever.
bool SessionPool::grant(const Order& order, std::vector<Session>& into) {
  std::vector<Session> taken;
  for (size_t account = 0; account < busy_.size() && taken.size() < order.count; ++account) {
    while (taken.size() < order.count) {
      std::optional<Session> session = take(order.want, account);
      if (!session) break;
      taken.push_back(std::move(*session));
      if (order.of_different_users) break;
    }
  }
  if (taken.size() == order.count) {
    into = std::move(taken);
    return true;
  }
  // Given back by hand: free() would look for somebody who waits.
  for (Session& session : taken) {
    busy_[session.account_].of(session.device_) = false;
    if (session.alone_) busy_[session.account_] = {};
    session.pool_ = nullptr;
  }
  return false;
}

void SessionPool::free(const Session& session) {
  busy_[session.account_].of(session.device_) = false;
  if (session.alone_) busy_[session.account_] = {};
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const auto waiting = next++;
    if (!grant(*waiting->order, *waiting->into)) continue;
    scheduler_.wake(waiting->handle);
    waiting_.erase(waiting);
  }
}

bool SessionPool::Grant::await_ready() {
  return pool.grant(order, sessions);
}

void SessionPool::Grant::await_suspend(std::coroutine_handle<> waiting) {
  pool.waiting_.push_back({&order, &sessions, waiting});
}

Task<Session> SessionPool::open_one(Want want) {
  std::vector<Session> sessions = co_await open_order(Order{want, 1, false});
  co_return std::move(sessions.front());
}

Task<std::vector<Session>> SessionPool::open_some(size_t count, bool of_different_users) {
  return open_order(Order{{}, count, of_different_users});
}

Task<std::vector<Session>> SessionPool::open_order(Order order) {
  Grant places{*this, order, {}};
  std::vector<Session> sessions = co_await places;
  for (Session& session : sessions) co_await log_in(session);
  co_return sessions;
}

Task<> SessionPool::log_in(Session& session) {
  while (logging_in_) co_await scheduler_.sleep(kTurnMs);
  const Flag turn(logging_in_);
  co_await session->connect(server_);
  const IM::Login::IMLoginRes answer = co_await log_in(*session, session.account_, session.device_);
  session.user_id_ = answer.user_info().user_id();
}

Task<IM::Login::IMLoginRes> SessionPool::log_in(Peer& peer, size_t account, Device device) {
  const Account& who = accounts_[account];
  IM::Login::IMLoginReq request;
  request.set_user_name(who.name);
  request.set_password(wire_password(who.password));
  request.set_online_status(USER_STATUS_ONLINE);
  request.set_client_type(device == Device::kPc ? CLIENT_TYPE_WINDOWS : CLIENT_TYPE_ANDROID);
  request.set_client_version("talkcheck");
  const uint16_t seq = peer.send(request);
  IM::Login::IMLoginRes answer = co_await peer.expect<IM::Login::IMLoginRes>(seq);
  if (answer.result_code() != REFUSE_REASON_NONE) {
    throw Failed("login of " + who.name + " refused: " + one_line(answer.result_string()));
  }
  co_return answer;
}

}  // namespace talkbeat::check
