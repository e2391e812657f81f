#include "tests/bench/bench_server.h"

#include "base/check.h"
#include "base/log.h"
#include "proto/login.pb.h"

namespace talkbeat::bench {

namespace {

constexpr uint16_t kPort = 8200;
constexpr int64_t kUnlimited = 1'000'000;

std::string name_of(size_t number) {
  return "user" + std::to_string(number);
}

}  // namespace

BenchServer::BenchServer(size_t users) {
  CHECK(configure_logging(config_.log).ok());
  add_users(users);
  server_ = std::make_unique<MsgServer>(loop_, store_, others_, others_, rng_, metrics_, config_, key_);
  CHECK(server_->start().ok());
  turn(1);
  for (size_t i = 0; i < users; ++i) log_in(i);
  turn(1);
}

MsgServerConfig BenchServer::configuration() {
  MsgServerConfig config;
  config.client.listen = {"127.0.0.1", kPort};
  config.client.max_connections_per_address = 1'000'000;
  // One client here sends what a thousand do elsewhere.
  config.client.message_rate = config.client.message_burst = kUnlimited;
  config.client.request_rate = config.client.request_burst = kUnlimited;
  config.store.limits.max_queued_writes = 1'000'000;
  config.log.level = LogLevel::kWarn;
  return config;
}

void BenchServer::add_users(size_t count) {
  CHECK(database_->begin_batch().ok());
  for (size_t i = 0; i < count; ++i) users_.push_back(database_->add_user({name_of(i), "no hash", ""}, 1).value());
  CHECK(database_->commit_batch().ok());
}

GroupId BenchServer::add_group_of_all() {
  const NewGroup group{.kind = GroupKind::kTemporary,
                       .name = "all",
                       .avatar_url = "",
                       .creator = users_[0],
                       .members = {users_.begin() + 1, users_.end()}};
  CHECK(database_->begin_batch().ok());
  const GroupId id = database_->create_group(group, clock_.unix_seconds()).value().now.group.id;
  CHECK(database_->commit_batch().ok());
  return id;
}

void BenchServer::log_in(size_t number) {
  const std::string name = name_of(number);
  const Account account = *database_->find_account(name).value();
  const auto expires = static_cast<uint32_t>(clock_.unix_seconds() + 1'000'000'000);
  IM::Login::IMLoginReq request;
  request.set_user_name(name);
  request.set_password("");
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(IM::BaseDefine::CLIENT_TYPE_ANDROID);
  request.set_session_token(
      SessionTokens(key_).issue(name, {account.id, ClientClass::kMobile, account.token_version, expires}));
  clients_.push_back(transport_.connect_client(kPort));
  turn(0);
  const SharedBytes pdu = client_pdu(request);
  arrive(number, pdu.bytes());
  turn(0);
}

void BenchServer::turn(Tick later) {
  clock_.advance(later);
  loop_.turn(0);
  writes_.run_all();
  reads_.run_all();
}

}  // namespace talkbeat::bench
