"""The rules in words that people read: a title and a sentence for each of rules.json, and for our own policy.

A sentence may name a parameter of contracts.limits between %( and )s: it is told with the value of the day. `off` is
told instead while such a parameter is switched off.
"""

from dataclasses import dataclass

from civic.i18n import N_


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    check: str
    off: str = ""


CONTRACT: dict[str, Words] = {
    "age_min": Words(N_("Âge minimal"), N_("Il faut avoir %(age_min)s au premier jour du contrat.")),
    "age_max": Words(
        N_("Âge maximal"),
        N_(
            "%(age_max)s au plus au premier jour du contrat, %(age_max_extended)s quand le contrat porte la limite "
            "plus haut."
        ),
    ),
    "contract_length": Words(
        N_("Durée du contrat"),
        N_("De %(months_min)s à %(months_max)s sans interruption, jugés sur les dates convenues."),
    ),
    "one_only": Words(N_("Un seul engagement"), N_("On fait un seul service civique dans sa vie.")),
    "week_min": Words(
        N_("Heures par semaine, en moyenne"),
        N_("%(week_min)s par semaine au moins en moyenne sur le contrat, sauf exception de l’agrément."),
    ),
    "leave_unused": Words(
        N_("Congé restant"),
        N_("Un rappel part %(leave_unused_days)s avant la fin du contrat : le congé non pris est perdu."),
    ),
    "fcc_half": Words(
        N_("Formation civique, première moitié"),
        N_("La moitié de la formation civique et citoyenne est faite avant %(civic_half_months)s de contrat."),
    ),
    "fcc_total": Words(
        N_("Formation civique, en entier"),
        N_("%(civic_days)s de théorie au moins avant la fin du contrat."),
    ),
    "psc_done": Words(
        N_("Premiers secours"),
        N_(
            "La formation aux premiers secours (PSC) est faite ; passée depuis moins de %(first_aid_years)s, elle "
            "reste proposée."
        ),
    ),
    "reviews": Words(
        N_("Entretiens"),
        N_("Trois entretiens sont prévus : au début, au milieu et à la fin. Le point de chaque mois est libre."),
    ),
}
BOOKING_BLOCK: dict[str, Words] = {
    "contract_ready": Words(
        N_("Contrat en cours et conforme"),
        N_("Pas de créneau avant le début du contrat, après sa fin, ou avant la vérification de sa conformité."),
    ),
    "medical": Words(N_("Aptitude médicale"), N_("Le certificat d’aptitude est noté : oui et sa date, rien d’autre.")),
    "parental_auth": Words(
        N_("Autorisation parentale"),
        N_("Avant 18 ans, l’autorisation est notée et les titulaires de l’autorité parentale sont nommés au contrat."),
    ),
    "tutor_assigned": Words(
        N_("Tutrice ou tuteur"),
        N_("Chaque contrat en cours nomme une tutrice ou un tuteur de l’organisme d’accueil."),
    ),
    "tutor_minor": Words(N_("Tutorat renforcé"), N_("Avant 18 ans, le tutorat renforcé est mis en place.")),
    "leave_conflict": Words(N_("Jour de congé"), N_("Pas de créneau un jour de congé accordé.")),
    "week_max_adult": Words(
        N_("Heures par semaine, à partir de 18 ans"),
        N_("%(week_max_adult)s prévues au plus du lundi au dimanche."),
    ),
    "week_days_adult": Words(
        N_("Jours par semaine, à partir de 18 ans"),
        N_("%(week_days_adult)s avec un créneau au plus par semaine."),
    ),
    "week_max_minor": Words(
        N_("Heures par semaine, avant 18 ans"),
        N_("%(week_max_minor)s prévues au plus du lundi au dimanche."),
    ),
    "week_days_minor": Words(
        N_("Jours par semaine, avant 18 ans"),
        N_("%(week_days_minor)s avec un créneau au plus par semaine."),
    ),
    "day_max_minor": Words(
        N_("Heures par jour, avant 18 ans"),
        N_("%(day_max_minor)s au plus dans une journée, pauses non comprises."),
    ),
    "break_minor": Words(
        N_("Pause, avant 18 ans"),
        N_("Une pause de %(break_minor_minutes)s au moins dès que %(break_minor_after)s se suivent."),
    ),
    "night_minor": Words(N_("Nuit, avant 18 ans"), N_("Pas une minute entre %(night_starts)s et %(night_ends)s.")),
    "weekly_rest_minor": Words(
        N_("Repos de la semaine, avant 18 ans"),
        N_("%(rest_days_minor)s de repos de suite, du lundi au dimanche."),
    ),
    "holiday_minor": Words(N_("Jours fériés, avant 18 ans"), N_("Pas de créneau un jour férié.")),
    "risk_minor": Words(
        N_("Risques réglementés, avant 18 ans"),
        N_("Pas de mission marquée « risque réglementé » (Code du travail, D4153-15 à D4153-37)."),
    ),
    "lone_minor": Words(
        N_("Jamais seul avant 18 ans"),
        N_("Pas de créneau d’une seule place. Si un désistement laisse un mineur seul, l’alerte part aussitôt."),
    ),
}
BOOKING_WARN: dict[str, Words] = {
    "week_contract": Words(
        N_("Semaine au-dessus du contrat"),
        N_("Un avertissement au-delà des heures du contrat plus %(week_contract_percent)s."),
    ),
    "stand_minor": Words(
        N_("Stand dehors, avant 18 ans"),
        N_("%(stand_row_minor)s de suite et %(stand_day_minor)s par jour au plus. Le froid se juge sur place."),
    ),
    "daily_rest_adult": Words(
        N_("Repos entre deux jours, à partir de 18 ans"),
        N_("Un avertissement sous %(daily_rest_adult)s entre deux créneaux."),
    ),
    "daily_rest_minor": Words(
        N_("Repos entre deux jours, avant 18 ans"),
        N_("Un avertissement sous %(daily_rest_minor)s entre deux créneaux."),
    ),
    "long_day_adult": Words(
        N_("Longue journée, à partir de 18 ans"),
        N_(
            "Un avertissement au-delà de %(long_day_adult)s par jour, ou de %(break_adult_after)s sans "
            "%(break_adult_minutes)s de pause."
        ),
    ),
    "holiday_adult": Words(
        N_("Jours fériés, à partir de 18 ans"),
        N_("Un avertissement un jour férié, plus net le 1er mai."),
    ),
    "late_adult": Words(
        N_("Nuit et dimanche, à partir de 18 ans"),
        N_(
            "Un avertissement entre %(night_starts)s et %(night_ends)s et le dimanche : on demande l’accord de la "
            "personne."
        ),
    ),
    "lone_volunteer": Words(
        N_("Binôme incomplet"),
        N_(
            "Dehors, on sert à deux : rappels %(pair_alert_hours)s puis %(pair_alert_last)s avant le début, jamais "
            "au moment de réserver."
        ),
    ),
    "minor_public": Words(
        N_("Public fragile, avant 18 ans"), N_("Le créneau est signalé pour la tutrice ou le tuteur.")
    ),
}
DECLARATION: dict[str, Words] = {
    "fcc_attest": Words(
        N_("Formation attestée"),
        N_("La formation civique est attestée dans ELISA %(attest_months)s au plus après la fin."),
    ),
    "no_substitution": Words(
        N_("Pas de remplacement"),
        N_(
            "La mission n’était pas celle d’une personne en contrat ou d’un agent public parti depuis moins de "
            "%(substitution_years)s."
        ),
    ),
    "not_indispensable": Words(
        N_("Pas indispensable"),
        N_("Aucune permanence ne dépend des seuls volontaires, aucune tâche de fonctionnement courant."),
    ),
}
INFO: dict[str, Words] = {
    "leave_accrual": Words(
        N_("Droit au congé"),
        N_(
            "%(leave_days)s ouvrables par mois de service, %(leave_days_minor)s avant 18 ans ; le droit s’ouvre "
            "après %(leave_opens_after)s de mission. Maladie, accident, maternité et adoption comptent comme du "
            "service."
        ),
    ),
    "leave_count": Words(
        N_("Décompte du congé"),
        N_("Un jour de congé ne compte que s’il tombe un jour habituel de mission."),
    ),
    "leave_event": Words(
        N_("Congé exceptionnel"),
        N_(
            "Jusqu’à %(leave_event_family)s pour une naissance, un mariage ou un PACS ; jusqu’à "
            "%(leave_event_death)s pour le décès d’un parent, d’un enfant, d’un frère ou d’une sœur."
        ),
    ),
    "notice": Words(
        N_("Fin anticipée"),
        N_(
            "%(notice_months)s de préavis ; aucun pour un emploi durable ou d’au moins 6 mois, une faute grave ou "
            "un cas de force majeure."
        ),
    ),
    "subsistence": Words(
        N_("Prestation de subsistance"),
        N_(
            "Due chaque mois par l’organisme d’accueil, quelles que soient les heures, congés et maladie compris ; "
            "au prorata le premier et le dernier mois."
        ),
    ),
}
LOCAL: dict[str, Words] = {
    "booking_window": Words(
        N_("Ouverture des réservations"),
        N_("Les créneaux s’ouvrent %(window_days)s avant, à %(window_hour)s."),
        N_("Pas d’heure d’ouverture : un créneau publié se réserve aussitôt."),
    ),
    "self_booking_cap": Words(
        N_("Places prises soi-même"),
        N_("%(self_cap)s au plus par semaine ; le plafond tombe %(self_cap_until)s avant le début."),
        N_("Pas de plafond : on réserve autant de places que les autres règles le permettent."),
    ),
    "travel": Words(
        N_("Trajet entre deux lieux"),
        N_("Un avertissement quand le temps manque pour aller d’un lieu à l’autre, à %(travel_speed)s à vol d’oiseau."),
    ),
    "unavailable": Words(
        N_("Indisponibilité de la semaine"),
        N_("Un avertissement quand un créneau touche un moment où la personne a dit ne pas être libre."),
    ),
    "newcomer_alone": Words(
        N_("Pas seul pour commencer"),
        N_("Un avertissement quand quelqu’un qui a fait moins de %(newcomer_shifts)s prend un créneau encore vide."),
        N_("Désactivé : personne n’est averti d’être le premier sur un créneau."),
    ),
    "pair_wish": Words(
        N_("Jamais ensemble"),
        N_("Un avertissement à la coordination seule, quand elle réunit deux personnes qu’elle a notées à séparer."),
    ),
    "local": Words(
        N_("Désistement, liste d’attente, arrivée"),
        N_(
            "On rend sa place jusqu’à %(withdrawal_hours)s avant. Une place libre est gardée %(offer_hours)s au "
            "plus pour chaque personne de la liste ; %(rush_hours)s avant le début, elle va à qui répond en "
            "premier. On note son arrivée de %(check_in_before)s avant à %(check_in_after)s après le début."
        ),
    ),
}
