// For the targets that speak HTTP.

#include "tests/fuzz/seed_writer.h"

namespace talkbeat::fuzz {

namespace {

const std::string kPng = "\x89PNG\r\n\x1a\n" + std::string(600, 'x');

std::string form_of(const std::string& content) {
  return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n" +
         content + "\r\n--b--\r\n";
}

void write_requests(SeedWriter& seeds) {
  const std::string requests[] = {
      "GET /api/x%20y?user=a%26b&n=1 HTTP/1.1\r\nHost: h\r\nX-Twice: 1\r\nx-twice: 2\r\nEmpty:\r\n\r\n",
      "POST /q HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "POST /q HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
      "POST /q HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
      "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x80",
      "GET http://h:80/a/../b#c HTTP/1.1\r\n\r\nCONNECT h:1 HTTP/1.1\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n",
  };
  for (const std::string& request : requests) {
    seeds.write("http_request", std::string("\x40\0", 2) + request);
    seeds.write("http_request", std::string("\x04\2\0\7", 4) + request);
  }
}

void write_forms(SeedWriter& seeds) {
  const std::string types[] = {"multipart/form-data; boundary=b", "multipart/form-data;boundary=\"b\";", "text/plain",
                               "Multipart/Form-Data; charset=x; boundary=b"};
  for (const std::string& type : types) {
    seeds.write("multipart", std::string(1, static_cast<char>(type.size())) + type +
                                 form_of("GIF89a"
                                         "hello"));
  }
  seeds.write("multipart",
              std::string(1, '\0') + "--b\r\ncontent-disposition:form-data;name=a;\r\n\r\n1\r\n" + form_of("x"));
  seeds.write("multipart", std::string(1, '\0') + form_of("a\r\n--bc\r\n--b-"));
}

void write_login_pages(SeedWriter& seeds) {
  for (uint16_t page = 0; page < 10; ++page) {
    seeds.write("login_http", ScriptWriter().pdu(0, page, "").pdu(0, page, "?ip=192.0.2.1&x=%41").bytes());
  }
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\n";
  seeds.write("login_http",
              ScriptWriter().pdu(0, 5, form_of(kPng)).pdu(0, 5, form_of(kPng)).pdu(1, 6, "x.png").bytes());
  seeds.write("login_http", ScriptWriter().pdu(0, 5, form_of("no picture")).pdu(0, 0, "").bytes());
  seeds.write("login_http", ScriptWriter().raw(0, post + "Content-Length: 9999\r\n\r\n").bytes());
  seeds.write("login_http", ScriptWriter()
                                .raw(0, post + "Expect: 100-continue\r\nContent-Length: 70\r\n\r\n--b")
                                .raw(1, post + "Transfer-Encoding: chunked\r\n\r\n5\r\n--b\r\n\r\n")
                                .raw(2, post + "Content-Length: 100\r\n\r\n")
                                .time(17)
                                .bytes());
  // The name of that picture: what it is served under.
  const std::string name = "/g0/75/f26d7ea9b5a85a3c5ad3c8bd5a8d4c7e1dbb86e3fca3a32f1f7f3a4d8e1b60.png";
  seeds.write("login_http", ScriptWriter()
                                .pdu(0, 5, form_of(kPng))
                                .raw(1, "GET " + name + " HTTP/1.1\r\nRange: bytes=5-9\r\n\r\nGET " + name +
                                            " HTTP/1.1\r\nConnection: close\r\n\r\n")
                                .bytes());
}

// In the order of the table in msg_server/admin/routes.cpp.
const std::string kCalls[] = {
    "1\n",
    "\n{\"text\":\"hello\",\"from\":\"alice\"}",
    "?limit=5\n",
    "\n{\"name\":\"sales\",\"parent\":0,\"priority\":1}",
    "1\n{\"name\":\"sales\",\"priority\":2}",
    "1\n",
    "\n{}",
    "\n{\"user\":\"alice\",\"class\":\"pc\"}",
    "?user=alice&limit=2&after=0\n",
    "\n{\"name\":\"team\",\"creator\":\"alice\",\"members\":[\"bob\",3],\"kind\":\"normal\"}",
    "1\n",
    "1\n{\"name\":\"other\"}",
    "1\n",
    "1\n{\"add\":[\"alice\"],\"remove\":[2]}",
    "\n{\"user\":1,\"class\":\"mobile\"}",
    "\n{\"from\":\"alice\",\"to\":{\"user\":\"bob\"},\"text\":\"hi\"}",
    "?user=alice\n",
    "\n",
    "?prefix=a&limit=2&after=1\n",
    "\n{\"name\":\"dave\",\"password\":\"secret\",\"nick\":\"D\",\"email\":\"d@example.org\"}",
    "alice\n",
    "1\n{\"nick\":\"A\",\"sign_info\":\"x\",\"department\":1}",
    "bob\n{}",
    "bob\n{}",
    "carol\n{\"password\":\"new\"}",
    "carol\n{}",
    "?user=alice&limit=3\n",
    "\n{\"req_user_id\":1,\"app_key\":\"" + std::string(64, 'a') +
        "\",\"group_id\":1,\"modify_type\":1,\"user_id_list\":[2]}",
    "\n{\"req_user_id\":1,\"app_key\":\"x\",\"group_name\":\"g\",\"group_type\":1,\"group_avatar\":\"\",\"user_id_"
    "list\":[2,3]}",
};

void write_admin_calls(SeedWriter& seeds) {
  uint16_t row = 0;
  for (const std::string& call : kCalls) {
    seeds.write("admin_http", ScriptWriter().pdu(0, row, call).pdu(0, row, call).time(10).bytes());
    ++row;
  }
  for (uint16_t page = row; page < row + 3; ++page) seeds.write("admin_http", ScriptWriter().pdu(0, page, "").bytes());
  seeds.write("admin_http",
              ScriptWriter().pdu(0, 15, "\n{\"from\":1,\"to\":{\"group\":1},\"data_base64\":\"aGk=\"}").bytes());
  seeds.write("admin_http", ScriptWriter().raw(0, "GET /api/status HTTP/1.1\r\nHost: h\r\n\r\n").bytes());
  seeds.write("admin_http",
              ScriptWriter().workers(3).pdu(0, 18, "\n").pdu(1, 19, kCalls[19]).socket(0, SocketEvent::kReset).bytes());
}

}  // namespace

void write_http_seeds(SeedWriter& seeds) {
  write_requests(seeds);
  write_forms(seeds);
  write_login_pages(seeds);
  write_admin_calls(seeds);
}

}  // namespace talkbeat::fuzz
