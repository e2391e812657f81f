// Images: clients send them to the address that login_server names, and fetch them by the one that they get for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/scenario/cluster.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/raw_socket.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kServer = "login_server_0";

struct Reply {
  int status = 0;  // 0: none came
  std::string head;
  std::string body;

  json told() const { return json::parse(body, nullptr, false); }
  std::string path() const { return "/" + told().value("path", std::string()); }
};

Reply read_reply(RawSocket& socket, const Deadline& deadline = Deadline(kPatience)) {
  std::string all;
  while (socket.read(all, deadline) == RawSocket::Event::kBytes) continue;
  Reply reply;
  const size_t end = all.find("\r\n\r\n");
  if (!all.starts_with("HTTP/1.1 ") || end == std::string::npos) return reply;
  reply.status = std::atoi(all.c_str() + 9);
  reply.head = all.substr(0, end + 2);
  reply.body = all.substr(end + 4);
  return reply;
}

Reply send_http(uint16_t port, const std::string& request) {
  RawSocket socket(port);
  socket.try_write(request, Deadline(kPatience));
  return read_reply(socket);
}

std::string head_of(const std::string& method, uint16_t port, const std::string& path) {
  return method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nConnection: close\r\n";
}

Reply fetch(uint16_t port, const std::string& path) {
  return send_http(port, head_of("GET", port, path) + "\r\n");
}

// As TeamTalk's client for Android writes it.
std::string form_of(const std::string& content) {
  return "-----------7d4a6d158c9\r\nContent-Disposition: form-data;name=\"file0\";filename=\"1.jpg\"\r\n"
         "Content-Type:application/octet-stream\r\n\r\n" +
         content + "\r\n-----------7d4a6d158c9--\r\n";
}

std::string upload_head(uint16_t port, size_t size) {
  return head_of("POST", port, "/") + "Content-Type: multipart/form-data; boundary=---------7d4a6d158c9\r\n" +
         "Content-Length: " + std::to_string(size) + "\r\n\r\n";
}

std::string upload_of(uint16_t port, const std::string& content) {
  const std::string form = form_of(content);
  return upload_head(port, form.size()) + form;
}

Reply upload(uint16_t port, const std::string& content) {
  return send_http(port, upload_of(port, content));
}

// Each number another one; where it ends shows whether all of it is there.
std::string jpeg(size_t size, int number = 0) {
  std::string content = "\xff\xd8\xff\xe0 image " + std::to_string(number) + " of " + std::to_string(size) + " ";
  content.resize(size - 3, static_cast<char>('a' + number % 26));
  return content + "end";
}

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

ClusterOptions only_login_servers(int count, std::vector<std::string> settings = {}) {
  ClusterOptions options;
  options.login_servers = count;
  options.msg_servers = 1;
  options.users.clear();
  options.settings = std::move(settings);
  return options;
}

TEST(Images, a_client_finds_where_to_send_an_image_without_any_setting_and_its_friend_can_fetch_it) {
  Cluster cluster(only_login_servers(1));
  const uint16_t port = cluster.http_port(kServer);
  const json found = send_http(port, head_of("GET", port, "/msg_server") + "\r\n").told();
  EXPECT_EQ(found["msfsPrior"], "http://127.0.0.1:" + std::to_string(port) + "/");

  const std::string content = jpeg(2'000'000);
  const Reply sent = upload(port, content);
  EXPECT_EQ(sent.status, 200);
  EXPECT_EQ(sent.told()["error_code"], 0);
  const std::string url = sent.told()["url"];
  EXPECT_EQ(url, found["msfsPrior"].get<std::string>() + sent.path().substr(1));

  const Reply fetched = fetch(port, sent.path());
  EXPECT_EQ(fetched.status, 200);
  EXPECT_THAT(fetched.head, HasSubstr("Content-Type: image/jpeg\r\n"));
  EXPECT_TRUE(fetched.body == content);
}

TEST(Images, the_same_image_sent_to_two_login_servers_is_one_file_that_both_serve) {
  Cluster cluster(only_login_servers(2));
  const uint16_t first = cluster.http_port("login_server_0");
  const uint16_t second = cluster.http_port("login_server_1");
  const std::string content = jpeg(100'000);
  const std::string path = upload(first, content).path();
  EXPECT_EQ(upload(second, content).path(), path);
  EXPECT_EQ(files_in(cluster.directory() / "images").size(), 1u);
  for (const uint16_t port : {first, second}) EXPECT_TRUE(fetch(port, path).body == content);
  EXPECT_EQ(upload(second, jpeg(100'000, 1)).status, 200);
  EXPECT_EQ(files_in(cluster.directory() / "images").size(), 2u);
}

TEST(Images, what_is_no_image_or_too_large_is_refused_in_words_and_leaves_nothing) {
  Cluster cluster(only_login_servers(1, {"images.max_size=1MiB", "images.max_total=4MiB"}));
  const uint16_t port = cluster.http_port(kServer);
  const auto expect_refused = [](const Reply& reply, int status) {
    EXPECT_EQ(reply.status, status);
    EXPECT_EQ(reply.told().value("error_code", 0), status) << reply.body;
    EXPECT_EQ(reply.path(), "/");
  };
  expect_refused(upload(port, "<html><script>alert(1)</script></html>"), 415);
  expect_refused(upload(port, jpeg((1 << 20) + 1)), 413);
  expect_refused(upload(port, jpeg(20 << 20)), 413);
  expect_refused(upload(port, ""), 400);
  expect_refused(send_http(port, head_of("POST", port, "/") + "Content-Length: 5\r\n\r\nimage"), 415);
  expect_refused(send_http(port, upload_head(port, 7) + "no form"), 400);
  for (const char* path : {"/g0/../talkbeat.db", "/g0/..%2f..%2fcluster.key", "/g0/", "/tmp/", "/g0/00/nothing.png"}) {
    EXPECT_EQ(fetch(port, path).status, 404) << path;
  }
  EXPECT_EQ(files_in(cluster.directory() / "images").size(), 0u);

  int number = 0;
  while (upload(port, jpeg(1'000'000, number)).status == 200 && number < 10) ++number;
  EXPECT_EQ(number, 4);
  expect_refused(upload(port, jpeg(1'000'000, number)), 507);
}

TEST(Images, a_client_that_asks_before_it_sends_is_told_to_go_on) {
  Cluster cluster(only_login_servers(1));
  const uint16_t port = cluster.http_port(kServer);
  const std::string form = form_of(jpeg(5'000));
  std::string head = upload_head(port, form.size());
  head.insert(head.size() - 2, "Expect: 100-continue\r\n");
  RawSocket socket(port);
  const Deadline deadline(kPatience);
  socket.write(head, deadline);
  std::string answer;
  while (answer.find("\r\n\r\n") == std::string::npos) {
    ASSERT_EQ(socket.read(answer, deadline), RawSocket::Event::kBytes);
  }
  EXPECT_EQ(answer, "HTTP/1.1 100 Continue\r\n\r\n");
  socket.write(form, deadline);
  EXPECT_EQ(read_reply(socket).status, 200);
}

// Every image that was answered for is there, whole, whenever login_server is killed, and nothing else is ever served.
TEST(Images, no_image_is_lost_or_broken_when_login_server_is_killed_while_they_come) {
  Cluster cluster(only_login_servers(1));
  const uint16_t port = cluster.http_port(kServer);
  std::mutex mutex;
  std::map<std::string, std::string> stored;  // content by path
  std::atomic<bool> stop = false;
  std::atomic<int> next = 0;
  std::atomic<int> starts = 0;  // of login_server, since the first
  std::vector<std::thread> senders;
  for (int i = 0; i < 3; ++i) {
    senders.emplace_back([&] {
      while (!stop) {
        const std::string content = jpeg(300'000, next++);
        const int started = starts;
        try {
          const Reply reply = upload(port, content);
          if (reply.status != 200) continue;
          const std::lock_guard lock(mutex);
          stored[reply.path()] = content;
        } catch (const Unexpected&) {
          starts.wait(started);  // it was killed
        }
      }
    });
  }
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return stored.size();
  };
  for (int kill = 0; kill < 4; ++kill) {
    const size_t before = count();
    wait_until("images are stored", [&] { return count() >= before + 8; });
    cluster.kill9(kServer);
    cluster.start();
    ++starts;
    starts.notify_all();
  }
  stop = true;
  for (std::thread& sender : senders) sender.join();

  cluster.kill9(kServer);
  cluster.start();
  EXPECT_EQ(files_in(cluster.directory() / "images/tmp").size(), 0u);
  for (const auto& [path, content] : stored) EXPECT_TRUE(fetch(port, path).body == content) << path;
  for (const fs::path& file : files_in(cluster.directory() / "images/g0")) {
    EXPECT_EQ(fs::file_size(file), 300'000u) << file;
    EXPECT_THAT(contents(file), testing::EndsWith("end"));
  }
}

TEST(Images, a_thousand_uploads_at_once_take_the_memory_of_a_few) {
  Cluster cluster(only_login_servers(1, {"images.max_uploads_per_address=4"}));
  const uint16_t port = cluster.http_port(kServer);
  upload(port, jpeg(5'000'000));
  const long before = cluster.memory_kib(kServer);
  const std::string beginning = upload_of(port, jpeg(10'000'000)).substr(0, 100'000);
  std::vector<std::unique_ptr<RawSocket>> senders;
  for (int i = 0; i < 1'000; ++i) {
    senders.push_back(std::make_unique<RawSocket>(port));
    senders.back()->try_write(beginning, Deadline(kPatience));
  }
  const std::string metric = "talkbeat_image_uploads_total{result=\"busy\"} ";
  wait_until("all but a few are refused", [&] {
    const std::string page = cluster.get(kServer, "/metrics").body;
    const size_t at = page.find(metric);
    return at != std::string::npos && std::atoi(page.c_str() + at + metric.size()) == 996;
  });
  const Reply refused = upload(port, jpeg(1'000));
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.head, HasSubstr("Retry-After: 2\r\n"));
  EXPECT_LT(cluster.memory_kib(kServer) - before, 100'000);
  EXPECT_EQ(cluster.get(kServer, "/healthz").status, 200);
  senders.clear();
  wait_until("there is room again", [&] { return upload(port, jpeg(1'000)).status == 200; });
}

TEST(Images, slow_readers_of_a_large_image_take_little_memory_and_keep_nobody_waiting) {
  Cluster cluster(only_login_servers(1));
  const uint16_t port = cluster.http_port(kServer);
  const std::string content = jpeg(9'000'000);
  const std::string path = upload(port, content).path();
  EXPECT_TRUE(fetch(port, path).body == content);
  const long before = cluster.memory_kib(kServer);
  std::vector<std::unique_ptr<RawSocket>> readers;
  for (int i = 0; i < 120; ++i) {
    readers.push_back(std::make_unique<RawSocket>(port));
    readers.back()->write(head_of("GET", port, path) + "\r\n", Deadline(kPatience));
  }
  RawSocket other(port);
  other.write(head_of("GET", port, path) + "\r\n", Deadline(kPatience));
  EXPECT_TRUE(read_reply(other, Deadline(60s)).body == content);
  // A sanitizer keeps what was freed for a while: up to 256 MB.
  EXPECT_LT(cluster.memory_kib(kServer) - before, 400'000) << "1 GB is being fetched";
  EXPECT_TRUE(read_reply(*readers.front(), Deadline(60s)).body == content);
}

// A limit on the size of files stands for a full disk.
TEST(Images, a_full_disk_is_told_and_login_server_goes_on) {
  Cluster cluster(only_login_servers(1));
  const uint16_t port = cluster.http_port(kServer);
  const std::string path = upload(port, jpeg(1'000)).path();
  const rlimit small{4 << 20, RLIM_INFINITY};
  ASSERT_EQ(::prlimit(cluster.pid(kServer), RLIMIT_FSIZE, &small, nullptr), 0);
  const Reply reply = upload(port, jpeg(8 << 20));
  EXPECT_EQ(reply.status, 507);
  EXPECT_EQ(reply.told()["error_code"], 507);
  EXPECT_EQ(upload(port, jpeg(2'000)).status, 200);
  EXPECT_EQ(fetch(port, path).status, 200);
  EXPECT_EQ(files_in(cluster.directory() / "images/tmp").size(), 0u);
  EXPECT_THAT(cluster.log_of(kServer), HasSubstr("image_not_stored"));
}

TEST(Images, an_image_that_nobody_has_sent_for_too_long_expires_and_the_others_stay) {
  Cluster cluster(only_login_servers(1, {"images.expiry=1h", "images.sweep_interval=1s"}));
  const uint16_t port = cluster.http_port(kServer);
  const std::string old = upload(port, jpeg(1'000, 1)).path();
  const std::string young = upload(port, jpeg(1'000, 2)).path();
  const fs::path file = cluster.directory() / ("images" + old);
  fs::last_write_time(file, fs::last_write_time(file) - std::chrono::hours(2));
  wait_until("the old image is gone", [&] { return fetch(port, old).status == 404; });
  EXPECT_EQ(fetch(port, young).status, 200);
}

}  // namespace
}  // namespace talkbeat::scenario
