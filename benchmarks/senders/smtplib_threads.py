"""smtplib in threads, each with a connection that stays open."""

import smtplib
import threading

from common import SENDER, given, letters


def main() -> None:
    words = given()
    todo, lock = letters(words.letter, words.letters), threading.Lock()

    def work() -> None:
        with smtplib.SMTP("127.0.0.1", words.port) as client:
            while True:
                with lock:
                    letter = next(todo, None)
                if letter is None:
                    return
                client.sendmail(SENDER, [letter[0]], letter[1])

    threads = [threading.Thread(target=work) for _ in range(words.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
