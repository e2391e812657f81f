#include "tests/scenario/push_gateway.h"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <array>
#include <fstream>
#include <future>

#include "base/clock.h"
#include "base/epoll_transport.h"
#include "base/http_port.h"
#include "base/listener.h"

namespace talkbeat::scenario {
namespace {

std::string hex(const unsigned char* bytes, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 0xf];
  }
  return text;
}

std::string hmac(const std::string& key, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), mac.data(), &size);
  return hex(mac.data(), size);
}

}  // namespace

PushGateway::PushGateway() : secret_file_(scratch_.path() / "push.secret") {
  std::ofstream(secret_file_) << key() << "\n";
  std::filesystem::permissions(secret_file_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  come_up();
}

PushGateway::~PushGateway() {
  go_down();
}

const std::string& PushGateway::key() {
  static const std::string key = "only the operator knows this key";
  return key;
}

std::vector<std::string> PushGateway::settings(const std::vector<std::string>& more) const {
  std::vector<std::string> all{"push.url=http://" + address_.to_string() + "/push",
                               "push.secret_file=" + secret_file_.string(), "push.gather=20ms", "push.retry_first=50ms",
                               "push.retry_max=200ms"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void PushGateway::come_up() {
  std::promise<void> listening;
  thread_ = std::thread([this, &listening] {
    SystemClock clock;
    EpollTransport transport;
    EventLoop loop(clock, transport);
    ConnectionTable connections(loop, [](const Connection&, CloseReason) {});
    HttpPort http(connections, {.request_timeout_ms = 600'000, .max_body = 64 << 20},
                  [this](HttpRequest&& request, const Connection&) {
                    return take(request.headers["x-talkbeat-signature"], request.body);
                  });
    Listener listener(loop, {}, [&](SocketHandle socket, const Address& peer) { http.accept(socket, peer); });
    EXPECT_TRUE(listener.start(address_).ok());
    address_ = listener.address();
    loop_ = &loop;
    listening.set_value();
    loop.run();
    listener.stop();
    connections.close_all(CloseReason::kServerStopping);
    for (int turns = 0; connections.size() > 0 && turns < 100; ++turns) loop.turn(50);
  });
  listening.get_future().wait();
}

void PushGateway::go_down() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

void PushGateway::answer(int status, const std::string& body, const std::string& retry_after) {
  const std::lock_guard lock(mutex_);
  silent_ = false;
  response_ = HttpResponse{status, "application/json", body, {}};
  if (!retry_after.empty()) response_.headers.emplace_back("Retry-After", retry_after);
}

void PushGateway::fall_silent() {
  const std::lock_guard lock(mutex_);
  silent_ = true;
}

std::optional<HttpResponse> PushGateway::take(const std::string& signature, const std::string& body) {
  const std::lock_guard lock(mutex_);
  requests_.push_back({signature, body, silent_ ? 0 : response_.status});
  if (silent_) return std::nullopt;
  return response_;
}

std::vector<PushGateway::Request> PushGateway::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<nlohmann::json> PushGateway::pushes() const {
  std::vector<nlohmann::json> pushes;
  for (const Request& request : requests()) {
    if (request.answered / 100 != 2) continue;
    const nlohmann::json body = request.json();
    for (const auto& push : body.at("pushes")) pushes.push_back(push);
  }
  return pushes;
}

size_t PushGateway::pushes_for(uint32_t user) const {
  size_t count = 0;
  for (const auto& push : pushes()) count += push["user_id"] == user ? 1 : 0;
  return count;
}

nlohmann::json PushGateway::expect_push(uint32_t user, size_t count) const {
  wait_until("push " + std::to_string(count) + " for user " + std::to_string(user),
             [&] { return pushes_for(user) >= count; });
  nlohmann::json latest;
  for (const auto& push : pushes()) {
    if (push["user_id"] == user) latest = push;
  }
  return latest;
}

bool PushGateway::signed_with(const Request& request, const std::string& key) {
  const size_t comma = request.signature.find(",v1=");
  if (!request.signature.starts_with("t=") || comma == std::string::npos) return false;
  const std::string time = request.signature.substr(2, comma - 2);
  return request.signature.substr(comma + 4) == hmac(key, time + "." + request.body);
}

}  // namespace talkbeat::scenario
