#include <iostream>
#include <memory>

#include "base/epoll_transport.h"
#include "tools/talkcheck/arguments.h"
#include "tools/talkcheck/progress.h"
#include "tools/talkcheck/server_run.h"

namespace talkbeat::check {

namespace {

/// The whole of a run against servers: finds out whom to talk to, then lets the checks loose.
class ServerMode {
 public:
  explicit ServerMode(const Arguments& arguments);
  int run();

 private:
  Detached begin();
  Task<> find_server();
  Task<> try_login();
  void start_checks();

  const Arguments& arguments_;
  Targets targets_;
  SystemClock clock_;
  SystemRng rng_;
  EpollTransport transport_;
  EventLoop loop_{clock_, transport_};
  Scheduler scheduler_{loop_};
  std::vector<const Check*> checks_;
  std::unique_ptr<SessionPool> sessions_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<ServerRun> run_;
  std::unique_ptr<Progress> progress_;
  std::string hindrance_;
};

ServerMode::ServerMode(const Arguments& arguments) : arguments_(arguments), targets_(arguments.targets) {
  for (const Check& check : all_checks()) {
    if (chosen(arguments, check.name)) checks_.push_back(&check);
  }
}

int ServerMode::run() {
  if (checks_.empty()) return fail_unknown_name(arguments_);
  begin();
  loop_.run();
  progress_.reset();
  if (!hindrance_.empty()) return fail(hindrance_);
  if (scheduler_.stalled() > 0) {
    std::cerr << "talkcheck: this program was itself stopped or starved for " << seconds(scheduler_.stalled())
              << ": what it measured may be wrong\n";
  }
  return report(arguments_, run_->rows());
}

Detached ServerMode::begin() {
  try {
    if (!targets_.server && targets_.login) co_await find_server();
    sessions_ = std::make_unique<SessionPool>(scheduler_, targets_.server.value_or(Address{}), arguments_.accounts);
    if (targets_.server && !arguments_.accounts.empty()) co_await try_login();
    start_checks();
  } catch (const Failed& failed) {
    hindrance_ = failed.what();
    loop_.stop();
  }
}

Task<> ServerMode::find_server() {
  Peer asker(scheduler_);
  co_await asker.connect(*targets_.login);
  const auto answer = co_await asker.ask<IM::Login::IMMsgServRsp>(IM::Login::IMMsgServReq());
  require(answer.result_code() == IM::BaseDefine::REFUSE_REASON_NONE,
          "login_server " + targets_.login->to_string() + " knows no msg_server that takes clients");
  Result<Address> server = Address::parse(answer.prior_ip() + ":" + std::to_string(answer.port()));
  require(server.ok(), "login_server names a msg_server that is no address: " + one_line(answer.prior_ip()));
  targets_.server = server.value();
}

// One clear line, rather than the same in twenty rows.
Task<> ServerMode::try_login() {
  Session session = co_await sessions_->open();
  co_await session->ask_time();
}

void ServerMode::start_checks() {
  context_ = std::make_unique<Context>(Context{scheduler_, rng_, targets_, arguments_.timings, *sessions_});
  run_ = std::make_unique<ServerRun>(*context_, checks_, [this] { loop_.stop(); });
  progress_ = std::make_unique<Progress>(loop_, run_->rows(), run_->expected_duration());
  run_->start();
}

}  // namespace

int check_servers(const Arguments& arguments) {
  return ServerMode(arguments).run();
}

}  // namespace talkbeat::check
